import { ArtenicError } from '../errors.ts';
import type { Edit } from './changes.ts';
import { clashOf } from './paths.ts';
import { decodeNode, emptyNode, endsNode, firstFrom, Nodes, refTo, type NodeSource, type TreeItem } from './tree.ts';

/** An item to be put or, with null, to be removed at one level. Edits are in the order of their keys, one for a key. */
type LevelEdit = Pick<Edit, 'key' | 'item' | 'removed'>;

type Place = {
  readonly ref: TreeItem;
  readonly items: readonly TreeItem[];
  readonly isLast: boolean;
  /** Last path of the node before this one at the same level; null for the first node. */
  readonly pathBefore: string | null;
};

/** Files that the edits have changed. */
type Counts = { added: number; changed: number; removed: number };
type Level = { readonly nodes: Nodes; readonly root: TreeItem; readonly level: number; readonly counts: Counts };
/** Sums of the whole operation: changed files, and nodes in whose place others were made. */
type Totals = { readonly counts: Counts; readonly olds: Set<string> };

/** Edits in a batch: bounds the nodes that are in memory. */
const batchEdits = 4000;

/** The node of this level that holds the key, or would hold it. */
async function placeOf(nodes: Nodes, root: TreeItem, level: number, key: string): Promise<Place> {
  let [ref, isLast, pathBefore]: [TreeItem, boolean, string | null] = [root, true, null];
  for (;;) {
    const node = await nodes.get(ref.hash);
    if (node.level === level) return { ref, items: node.items, isLast, pathBefore };
    const index = Math.min(firstFrom(node.items, key), node.items.length - 1);
    pathBefore = node.items[index - 1]?.path ?? pathBefore;
    isLast &&= index === node.items.length - 1;
    ref = node.items[index] ?? ref;
  }
}

/** Loads the nodes on the ways to all keys, with one query for each level. */
async function loadWays(nodes: Nodes, root: TreeItem, edits: readonly LevelEdit[]): Promise<void> {
  let refs = [root.hash];
  for (;;) {
    await nodes.load(refs);
    const found = await Promise.all(refs.map((hash) => nodes.get(hash)));
    if (found[0] === undefined || found[0].level === 0) return;
    const below = new Set<string>();
    let index = 0;
    for (const [place, { items }] of found.entries()) {
      const isLast = place === found.length - 1;
      const lastKey = items.at(-1)?.key ?? '';
      for (let edit = edits[index]; edit !== undefined && (isLast || edit.key <= lastKey); edit = edits[++index]) {
        const child = items[Math.min(firstFrom(items, edit.key), items.length - 1)];
        if (child !== undefined) below.add(child.hash);
      }
    }
    refs = [...below];
  }
}

function refuse(one: string, other: string, reason: string): never {
  throw new ArtenicError(
    'validation-failed',
    `${JSON.stringify(one)} and ${JSON.stringify(other)} ${reason}. One version holds only one of them.`,
    { errors: [{ pointer: '/changes', message: `${JSON.stringify(other)} ${reason} as ${JSON.stringify(one)}` }] },
  );
}

/** Cuts a run of items into nodes and compares neighbours, at least one of which is new. */
class Run {
  readonly made: TreeItem[] = [];
  readonly #nodes: Nodes;
  readonly #level: number;
  #items: TreeItem[] = [];
  #pathBefore: string | null;
  #isNewBefore = false;

  constructor(nodes: Nodes, level: number, pathBefore: string | null) {
    this.#nodes = nodes;
    this.#level = level;
    this.#pathBefore = pathBefore;
  }

  get isWhole(): boolean {
    return this.#items.length === 0;
  }

  get hasNewEnd(): boolean {
    return this.#isNewBefore;
  }

  push(item: TreeItem, isNew: boolean): void {
    if (this.#level === 0 && (isNew || this.#isNewBefore)) this.compare(item.path);
    this.#pathBefore = item.path;
    this.#isNewBefore = isNew;
    this.#items.push(item);
    if (endsNode(item.key, this.#level, this.#items.length)) this.cut();
  }

  compare(path: string): void {
    const reason = this.#pathBefore === null ? null : clashOf(this.#pathBefore, path);
    if (reason !== null) refuse(this.#pathBefore ?? '', path, reason);
  }

  cut(): void {
    if (this.isWhole) return;
    this.made.push(this.#nodes.add({ level: this.#level, items: this.#items }));
    this.#items = [];
  }
}

function mergeInto(run: Run, items: readonly TreeItem[], edits: readonly LevelEdit[], counts: Counts): void {
  let index = 0;
  const putNew = (edit: LevelEdit): void => {
    if (edit.item === null) return;
    run.push(edit.item, true);
    counts.added++;
  };
  for (const old of items) {
    for (let edit = edits[index]; edit !== undefined && edit.key < old.key; edit = edits[++index]) putNew(edit);
    const edit = edits[index];
    if (edit?.key !== old.key) {
      run.push(old, false);
      continue;
    }
    index++;
    const isKept = edit.removed?.includes(old.path) === false;
    if (edit.item === null && isKept) run.push(old, false);
    if (edit.item === null && !isKept) counts.removed++;
    if (edit.item !== null) {
      const reason =
        edit.removed?.includes(old.path) === true || edit.item.path === old.path
          ? null
          : clashOf(old.path, edit.item.path);
      if (reason !== null) refuse(old.path, edit.item.path, reason);
      run.push(edit.item, true);
      if (edit.item.hash !== old.hash || edit.item.path !== old.path) counts.changed++;
    }
  }
  for (const edit of edits.slice(index)) putNew(edit);
}

/**
 * The next node that a run has to take: it goes on until it ends where an old node ends and the next edit is not in the
 * node behind that. The new end of a run is compared with the file behind it.
 */
async function nextPlace(
  { nodes, root, level }: Level,
  { ref, isLast }: Place,
  run: Run,
  edit: LevelEdit | undefined,
): Promise<Place | null> {
  if (isLast) return null;
  const behind = `${ref.key}\0`;
  if (!run.isWhole) return placeOf(nodes, root, level, behind);
  const next = edit === undefined ? null : await placeOf(nodes, root, level, edit.key);
  if (next?.pathBefore === ref.path) return next;
  if (level === 0 && run.hasNewEnd) run.compare((await placeOf(nodes, root, level, behind)).items[0]?.path ?? '');
  return null;
}

/** Makes the nodes of one level anew where edits fall: the replaced nodes, and the nodes in their place. */
async function rebuild(
  at: Level,
  edits: readonly LevelEdit[],
): Promise<{ readonly olds: readonly TreeItem[]; readonly made: readonly TreeItem[] }> {
  const { nodes, root, level, counts } = at;
  const olds: TreeItem[] = [];
  const made: TreeItem[] = [];
  let index = 0;
  while (index < edits.length) {
    let place: Place | null = await placeOf(nodes, root, level, edits[index]?.key ?? '');
    const run = new Run(nodes, level, place.pathBefore);
    while (place !== null) {
      const { ref, isLast, items } = place;
      const from = index;
      while (index < edits.length && (isLast || (edits[index]?.key ?? '') <= ref.key)) index++;
      mergeInto(run, items, edits.slice(from, index), counts);
      olds.push(ref);
      if (isLast) run.cut();
      place = await nextPlace(at, place, run, edits[index]);
    }
    made.push(...run.made);
  }
  return { olds, made };
}

/** Edits of the level above. Nodes that stay as they are need none. */
function editsAbove(olds: readonly TreeItem[], made: readonly TreeItem[]): readonly LevelEdit[] {
  const above = new Map<string, LevelEdit>();
  for (const { key } of olds) above.set(key, { key, item: null });
  for (const item of made) above.set(item.key, { key: item.key, item });
  for (const old of olds) if (above.get(old.key)?.item?.hash === old.hash) above.delete(old.key);
  return [...above.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1));
}

/** Levels above the given nodes, up to the first level with one node. */
function raise(nodes: Nodes, refs: readonly TreeItem[], level: number): TreeItem {
  let [row, height] = [refs, level];
  while (row.length > 1) {
    height++;
    const run = new Run(nodes, height, null);
    for (const ref of row) run.push(ref, false);
    run.cut();
    row = run.made;
  }
  return row[0] ?? nodes.add(emptyNode);
}

async function applyBatch(
  nodes: Nodes,
  root: TreeItem,
  batch: readonly LevelEdit[],
  totals: Totals,
): Promise<TreeItem> {
  await loadWays(nodes, root, batch);
  const top = (await nodes.get(root.hash)).level;
  let edits = batch;
  for (let level = 0; ; level++) {
    // Only the lowest level has files.
    const counts = level === 0 ? totals.counts : { added: 0, changed: 0, removed: 0 };
    const { olds, made } = await rebuild({ nodes, root, level, counts }, edits);
    for (const { hash } of olds) totals.olds.add(hash);
    if (level === top) return lowered(nodes, raise(nodes, made, top));
    edits = editsAbove(olds, made);
    if (edits.length === 0) return root;
  }
}

/** The lowest level with one node holds the root. */
async function lowered(nodes: Nodes, root: TreeItem): Promise<TreeItem> {
  for (let ref = root; ;) {
    const { level, items } = await nodes.get(ref.hash);
    const [only] = items;
    if (level === 0 || only === undefined || items.length > 1) return ref;
    ref = only;
  }
}

/** New nodes that the root reaches: those that later batches replaced are left out. */
function reached(root: string, made: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  const open = [root];
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    const text = made.get(hash);
    if (text === undefined || kept.has(hash)) continue;
    kept.set(hash, text);
    const { level, items } = decodeNode(text);
    if (level > 0) open.push(...items.map((item) => item.hash));
  }
  return kept;
}

export type Applied = {
  readonly root: string;
  readonly files: number;
  readonly bytes: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Texts of the new nodes by their hashes. */
  readonly nodes: ReadonlyMap<string, string>;
  /** Nodes of the tree before that are not in this one. */
  readonly replaced: readonly string[];
};

/**
 * The tree after the edits. Work and new nodes are in proportion to the edits, however large the tree is.
 * @param root null for an empty dataset
 * @throws ArtenicError `validation-failed` for paths that cannot be in one version
 */
export async function applyEdits(source: NodeSource, root: string | null, edits: readonly Edit[]): Promise<Applied> {
  const made = new Map<string, string>();
  const totals: Totals = { counts: { added: 0, changed: 0, removed: 0 }, olds: new Set() };
  const first = new Nodes(source, made);
  let ref = root === null ? first.add(emptyNode) : refTo(await first.get(root), root);
  for (let from = 0; from < edits.length; from += batchEdits)
    ref = await applyBatch(new Nodes(source, made), ref, edits.slice(from, from + batchEdits), totals);
  const { hash, files, bytes } = ref;
  const nodes = reached(hash, made);
  const replaced = [...totals.olds].filter((old) => old !== hash && !nodes.has(old) && !made.has(old));
  return { root: hash, files, bytes, ...totals.counts, nodes, replaced };
}
