import { keyOf } from './paths.ts';
import { firstFrom, Nodes, type NodeSource } from './tree.ts';

/**
 * Hash of the file at this path under each root that has one. All roots are walked together, level by level: versions
 * share most nodes, and each is loaded once.
 */
export async function findInRoots(
  source: NodeSource,
  roots: readonly string[],
  path: string,
): Promise<ReadonlyMap<string, string>> {
  const nodes = new Nodes(source);
  const key = keyOf(path);
  const found = new Map<string, string>();
  let walks = roots.map((root) => ({ root, hash: root }));
  while (walks.length > 0) {
    await nodes.load(walks.map(({ hash }) => hash));
    const deeper: typeof walks = [];
    for (const { root, hash } of walks) {
      const { level, items } = await nodes.get(hash);
      const item = items[firstFrom(items, key)];
      if (item === undefined) continue;
      if (level > 0) deeper.push({ root, hash: item.hash });
      else if (item.path === path) found.set(root, item.hash);
    }
    walks = deeper;
  }
  return found;
}
