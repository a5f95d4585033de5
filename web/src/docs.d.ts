/** Made by the plugin in `web/docs/plugin.ts`. */
declare module 'virtual:docs' {
  import type { Block, Topic } from './features/help/blocks.ts';

  export const topics: readonly Topic[];
  export const pages: ReadonlyMap<string, () => Promise<{ readonly blocks: readonly Block[] }>>;
}
