import type { PutFile } from './changes.ts';
import { keyBehindFolder, keyOf, keyOfFolder } from './paths.ts';
import { firstFrom, Nodes, type NodeSource, type TreeItem, type TreeNode } from './tree.ts';

/** Children that are loaded in one query. */
const readAhead = 16;

/**
 * Leaves from the first key that is not below `from`, one after another; each is in memory only while it is read.
 * @param keeps the nodes above the leaves stay in memory, for walks that begin again and again
 */
async function* leavesFrom(
  nodes: Nodes,
  hash: string,
  from: string,
  keeps = false,
): AsyncGenerator<readonly TreeItem[]> {
  const node = await nodes.get(hash);
  if (node.level === 0 || !keeps) nodes.forget(hash);
  const start = firstFrom(node.items, from);
  if (node.level === 0) {
    if (start < node.items.length) yield node.items.slice(start);
    return;
  }
  for (let index = start; index < node.items.length; index++) {
    const isFirst = index === start;
    // The first leaf may have all that is asked for.
    if (!isFirst && (index - start - 1) % readAhead === 0)
      await nodes.load(node.items.slice(index, index + readAhead).map((item) => item.hash));
    const child = node.items[index];
    if (child !== undefined) yield* leavesFrom(nodes, child.hash, isFirst ? from : '', keeps);
  }
}

const fileOf = ({ path, hash: sha256, bytes }: TreeItem): PutFile => ({ path, sha256, bytes });

export async function findFile(source: NodeSource, root: string, path: string): Promise<PutFile | null> {
  for await (const [first] of leavesFrom(new Nodes(source), root, keyOf(path)))
    return first?.path === path ? fileOf(first) : null;
  return null;
}

/**
 * Files below a folder, in the order of their keys, in pieces of one leaf.
 * @param folder without a slash at its end; empty for all files
 * @param after a path: only files behind it
 */
async function* filesBelow(
  source: NodeSource,
  root: string,
  folder: string,
  after: string | null = null,
): AsyncGenerator<readonly PutFile[]> {
  const folderKey = keyOfFolder(folder);
  const prefix = folder === '' ? '' : `${folder}/`;
  // No file has a key that begins with another file's key and the slash's character.
  const from = after === null ? folderKey : `${keyOf(after)}\0`;
  for await (const items of leavesFrom(new Nodes(source), root, from > folderKey ? from : folderKey)) {
    const inside = items.filter(({ path }) => path.startsWith(prefix));
    if (inside.length > 0) yield inside.map(fileOf);
    if (inside.length < items.length) return;
  }
}

export async function filesPage(
  source: NodeSource,
  root: string,
  query: { readonly folder: string; readonly after: string | null; readonly limit: number },
): Promise<readonly PutFile[]> {
  const files: PutFile[] = [];
  for await (const some of filesBelow(source, root, query.folder, query.after)) {
    files.push(...some);
    if (files.length >= query.limit) break;
  }
  return files.slice(0, query.limit);
}

/**
 * Files whose paths begin with a text, without regard to case, in the order of their keys.
 * @param prefix not empty
 */
export async function filesBeginning(
  source: NodeSource,
  root: string,
  query: { readonly prefix: string; readonly after: string | null; readonly limit: number },
): Promise<readonly PutFile[]> {
  const start = keyOf(query.prefix);
  const behind = query.after === null ? start : `${keyOf(query.after)}\0`;
  const files: PutFile[] = [];
  for await (const items of leavesFrom(new Nodes(source), root, behind > start ? behind : start)) {
    const inside = items.filter(({ key }) => key.startsWith(start));
    files.push(...inside.map(fileOf));
    if (inside.length < items.length || files.length >= query.limit) break;
  }
  return files.slice(0, query.limit);
}

type Amount = { readonly files: number; readonly bytes: number };

/** Number and size of the files with keys below `key`. */
async function amountBefore(nodes: Nodes, root: string, key: string): Promise<Amount> {
  let [files, bytes, hash]: [number, number, string | undefined] = [0, 0, root];
  while (hash !== undefined) {
    const { level, items }: TreeNode = await nodes.get(hash);
    if (level === 0) nodes.forget(hash);
    const index = firstFrom(items, key);
    for (const item of items.slice(0, index)) {
      files += item.files;
      bytes += item.bytes;
    }
    hash = level === 0 ? undefined : items[index]?.hash;
  }
  return { files, bytes };
}

/** Number and size of all files below a folder; null if the folder does not exist. */
export function sizeOfFolder(source: NodeSource, root: string, folder: string): Promise<Amount | null> {
  return sizeBelow(new Nodes(source), root, folder);
}

async function sizeBelow(nodes: Nodes, root: string, folder: string): Promise<Amount | null> {
  const key = keyOfFolder(folder);
  const [before, until] = [
    await amountBefore(nodes, root, key),
    await amountBefore(nodes, root, key === '' ? '\uffff' : keyBehindFolder(key)),
  ];
  const amount = { files: until.files - before.files, bytes: until.bytes - before.bytes };
  return amount.files === 0 && folder !== '' ? null : amount;
}

export type FolderEntry =
  | ({ readonly kind: 'file' } & PutFile)
  | { readonly kind: 'folder'; readonly path: string; readonly files: number; readonly bytes: number };

/** Files and folders directly in a folder; a folder below it is one entry, whatever it holds. */
export async function folderPage(
  source: NodeSource,
  root: string,
  query: { readonly folder: string; readonly after: string | null; readonly limit: number },
): Promise<readonly FolderEntry[]> {
  const { folder, after, limit } = query;
  const prefix = folder === '' ? '' : `${folder}/`;
  const folderKey = keyOfFolder(folder);
  const entries: FolderEntry[] = [];
  const nodes = new Nodes(source);
  // Neither a file nor a folder of the name `after` comes again.
  let from = after === null ? folderKey : keyBehindFolder(keyOfFolder(after));
  search: while (entries.length < limit) {
    for await (const items of leavesFrom(nodes, root, from, true)) {
      for (const item of items) {
        if (!item.path.startsWith(prefix) || entries.length === limit) break search;
        const end = item.path.indexOf('/', prefix.length);
        if (end === -1) {
          entries.push({ kind: 'file', ...fileOf(item) });
          continue;
        }
        const path = item.path.slice(0, end);
        const amount = await sizeBelow(nodes, root, path);
        entries.push({ kind: 'folder', path, files: amount?.files ?? 0, bytes: amount?.bytes ?? 0 });
        from = keyBehindFolder(keyOfFolder(path));
        continue search;
      }
    }
    break;
  }
  return entries;
}
