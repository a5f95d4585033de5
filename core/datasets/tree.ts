import { keyOf } from './paths.ts';

/**
 * An item of a node. In a leaf (level 0) it is a file: `hash` is the SHA-256 of the content. Above it is a node of the
 * level below: `path` is that node's last one, `hash` the SHA-256 of its text.
 */
export type TreeItem = {
  readonly key: string;
  readonly path: string;
  readonly hash: string;
  readonly files: number;
  readonly bytes: number;
};

export type TreeNode = { readonly level: number; readonly items: readonly TreeItem[] };

/** Reads and hashes nodes. A text that is missing is an error of the source. */
export type NodeSource = {
  readonly load: (hashes: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** SHA-256 as lower-case hexadecimal digits. */
  readonly hash: (text: string) => string;
};

/** One in so many items ends its node: a node has 64 items on average. */
const itemBits = 6;
/** Longest node, for paths of which by chance none ends a node. */
export const mostItems = 512;

/** 32 bits that depend on every character (FNV-1a, mixed as in MurmurHash3). */
function mixed(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/**
 * Whether the item is the last one of its node. It depends on the key and on the items before it in the node only: the
 * same files make the same nodes, in whatever order they were added.
 */
export function endsNode(key: string, level: number, count: number): boolean {
  const hash = mixed(key);
  const zeros = hash === 0 ? 32 : 31 - Math.clz32(hash & -hash);
  return zeros >= itemBits * (level + 1) || count >= mostItems;
}

function encodeNode({ level, items }: TreeNode): string {
  return JSON.stringify([
    level,
    items.map(({ path, hash, files, bytes }) => (level === 0 ? [path, hash, bytes] : [path, hash, bytes, files])),
  ]);
}

export function decodeNode(text: string): TreeNode {
  const [level, items] = JSON.parse(text) as [number, [path: string, hash: string, bytes: number, files?: number][]];
  return {
    level,
    items: items.map(([path, hash, bytes, files = 1]) => ({ key: keyOf(path), path, hash, bytes, files })),
  };
}

export const emptyNode: TreeNode = { level: 0, items: [] };

/** The item that refers to a node from the level above. */
export function refTo(node: TreeNode, hash: string): TreeItem {
  const last = node.items.at(-1);
  return {
    key: last?.key ?? '',
    path: last?.path ?? '',
    hash,
    files: node.items.reduce((sum, { files }) => sum + files, 0),
    bytes: node.items.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Index of the first item whose key is not below `key`; the number of items if there is none. */
export function firstFrom(items: readonly TreeItem[], key: string): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Nodes of one operation, each loaded once. New nodes are held until the operation's end. */
export class Nodes {
  readonly #source: NodeSource;
  readonly #made: Map<string, string>;
  readonly #read = new Map<string, TreeNode>();

  constructor(source: NodeSource, made = new Map<string, string>()) {
    this.#source = source;
    this.#made = made;
  }

  async load(hashes: readonly string[]): Promise<void> {
    const missing = [...new Set(hashes)].filter((hash) => !this.#read.has(hash) && !this.#made.has(hash));
    if (missing.length === 0) return;
    const texts = await this.#source.load(missing);
    for (const hash of missing) {
      const text = texts.get(hash);
      if (text === undefined) throw new Error(`The node ${hash} of a dataset is missing.`);
      this.#read.set(hash, decodeNode(text));
    }
  }

  async get(hash: string): Promise<TreeNode> {
    await this.load([hash]);
    const known = this.#read.get(hash) ?? decodeNode(this.#made.get(hash) ?? '');
    this.#read.set(hash, known);
    return known;
  }

  /** Drops a node that a walk has passed. */
  forget(hash: string): void {
    this.#read.delete(hash);
  }

  add(node: TreeNode): TreeItem {
    const text = encodeNode(node);
    const hash = this.#source.hash(text);
    this.#made.set(hash, text);
    return refTo(node, hash);
  }
}
