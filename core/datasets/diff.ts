import type { PutFile } from './changes.ts';
import { keyOf } from './paths.ts';
import { firstFrom, Nodes, type NodeSource, type TreeItem } from './tree.ts';

export type FileChange =
  | { readonly kind: 'added'; readonly path: string; readonly after: PutFile }
  | { readonly kind: 'removed'; readonly path: string; readonly before: PutFile }
  | { readonly kind: 'changed'; readonly path: string; readonly before: PutFile; readonly after: PutFile };

/** A node that has not been opened, or a file. */
type Head = { readonly level: number; readonly item: TreeItem };

/** The rest of one tree, from its first key on; nodes are opened only where the trees differ. */
class Side {
  readonly #nodes: Nodes;
  readonly #from: string;
  /** Last is first. */
  readonly #rest: Head[] = [];

  constructor(nodes: Nodes, from: string) {
    this.#nodes = nodes;
    this.#from = from;
  }

  async start(root: string): Promise<void> {
    const node = await this.#nodes.get(root);
    this.#push(node.items, node.level - 1);
  }

  get head(): Head | null {
    return this.#rest.at(-1) ?? null;
  }

  drop(): void {
    this.#rest.pop();
  }

  async open(): Promise<void> {
    const head = this.#rest.pop();
    if (head === undefined) return;
    const { items } = await this.#nodes.get(head.item.hash);
    this.#nodes.forget(head.item.hash);
    this.#push(items, head.level - 1);
  }

  /** @param level of the nodes that the items refer to; -1 for files */
  #push(items: readonly TreeItem[], level: number): void {
    for (const item of items.slice(firstFrom(items, this.#from)).toReversed()) this.#rest.push({ level, item });
  }
}

const fileOf = ({ path, hash: sha256, bytes }: TreeItem): PutFile => ({ path, sha256, bytes });
const isFile = (head: Head | null): boolean => head === null || head.level === -1;
const removed = ({ item }: Head): FileChange => ({ kind: 'removed', path: item.path, before: fileOf(item) });
const added = ({ item }: Head): FileChange => ({ kind: 'added', path: item.path, after: fileOf(item) });

function* compare(one: Head, other: Head): Generator<FileChange> {
  const [before, after] = [one.item, other.item];
  if (before.path !== after.path) {
    yield removed(one);
    yield added(other);
  } else if (before.hash !== after.hash) {
    yield { kind: 'changed', path: after.path, before: fileOf(before), after: fileOf(after) };
  }
}

/**
 * Differences between two trees in the order of the keys. Nodes that both have are not read.
 * @param after a path: only differences behind it
 */
export async function* diffTrees(
  source: NodeSource,
  from: string,
  to: string,
  after: string | null = null,
): AsyncGenerator<FileChange> {
  if (from === to) return;
  const nodes = new Nodes(source);
  const start = after === null ? '' : `${keyOf(after)}\0`;
  const [left, right] = [new Side(nodes, start), new Side(nodes, start)];
  await left.start(from);
  await right.start(to);
  for (;;) {
    const [one, other] = [left.head, right.head];
    if (one === null && other === null) return;
    if (one !== null && other !== null && one.level === other.level && one.item.hash === other.item.hash) {
      if (one.level !== -1 || one.item.path === other.item.path) {
        left.drop();
        right.drop();
        continue;
      }
    }
    if (!isFile(one) || !isFile(other)) {
      // The taller side first: equal nodes are met at the same level.
      const [height, otherHeight] = [one?.level ?? -1, other?.level ?? -1];
      if (height >= otherHeight) await left.open();
      if (otherHeight >= height) await right.open();
      continue;
    }
    if (one !== null && (other === null || one.item.key < other.item.key)) {
      yield removed(one);
      left.drop();
    } else if (other !== null && (one === null || other.item.key < one.item.key)) {
      yield added(other);
      right.drop();
    } else if (one !== null && other !== null) {
      yield* compare(one, other);
      left.drop();
      right.drop();
    }
  }
}
