import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

/** The parts of a syntax tree node that tests need. */
export type Node = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
};
export type Source = { readonly path: string; readonly text: string; readonly tree: Node };

const root = fileURLToPath(new URL('../../', import.meta.url));

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function parse(path: string): Source {
  const text = readFileSync(path, 'utf8');
  const tree: unknown = parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' });
  if (!isNode(tree)) throw new Error(`${path} has no tree`);
  return { path: relative(root, path), text, tree };
}

/** All program files in these folders. */
export function sourcesOf(folders: readonly string[]): readonly Source[] {
  const paths = globSync(
    folders.map((folder) => `${root}${folder}/**/*.{ts,tsx}`),
    { exclude: (name) => name === 'node_modules' || name === 'dist' },
  );
  return paths.map(parse);
}

/** Calls `look` for every node with its ancestors, nearest first. */
export function walk(
  node: Node,
  look: (node: Node, around: readonly Node[]) => void,
  around: readonly Node[] = [],
): void {
  look(node, around);
  const inner = [node, ...around];
  for (const field of Object.values(node)) {
    for (const child of Array.isArray(field) ? field : [field]) if (isNode(child)) walk(child, look, inner);
  }
}

export function placeOf({ path, text }: Source, { start }: Node): string {
  return `${path}:${text.slice(0, start).split('\n').length}`;
}
