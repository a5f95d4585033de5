import type { Plugin } from 'vite';
import { readDocs, type DocPage } from './read.ts';

const indexId = 'virtual:docs';
const pagePrefix = 'virtual:docs/';

/** A module with the blocks of a page. Its images are imported, so that they become files of the build. */
function pageModule({ blocks }: DocPage): string {
  const images: string[] = [];
  const json = JSON.stringify(blocks, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'image') return value;
    if (!('src' in value) || typeof value.src !== 'string') return value;
    images.push(value.src);
    return { ...value, kind: 'image', src: `@image ${images.length - 1}` };
  });
  const imports = images.map((file, at) => `import image${at} from ${JSON.stringify(file)};`);
  const code = json.replaceAll(/"@image (\d+)"/g, (_all, at: string) => `image${at}`);
  return [...imports, `export const blocks = ${code};`].join('\n');
}

/** Makes the repository's documentation modules of the dashboard: an index, and a module for each page. */
export function docsPlugin(root: string): Plugin {
  const pages = new Map(readDocs(root).map((page) => [page.path, page]));
  return {
    name: 'artenic-docs',
    resolveId: (id) => (id.startsWith(indexId) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${indexId}`)) return null;
      const name = id.slice(1);
      if (name === indexId) {
        const topics = [...pages.values()].map(({ path, title, sections }) => ({ path, title, sections }));
        const loads = [...pages.keys()].map(
          (path) => `[${JSON.stringify(path)}, () => import('${pagePrefix}${path}')]`,
        );
        return `export const topics = ${JSON.stringify(topics)};\nexport const pages = new Map([${loads.join(',')}]);`;
      }
      const page = pages.get(name.slice(pagePrefix.length));
      if (page === undefined) throw new Error(`no page of the documentation: ${name}`);
      return pageModule(page);
    },
  };
}
