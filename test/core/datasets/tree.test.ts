import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyEdits } from '../../../core/datasets/apply.ts';
import { editsOf, type PutFile } from '../../../core/datasets/changes.ts';
import { diffTrees } from '../../../core/datasets/diff.ts';
import { keyOf } from '../../../core/datasets/paths.ts';
import { filesPage, findFile, folderPage, sizeOfFolder } from '../../../core/datasets/read.ts';
import { decodeNode, mostItems, type NodeSource } from '../../../core/datasets/tree.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Nodes in memory, with a count of the loaded ones. */
class Memory implements NodeSource {
  readonly nodes = new Map<string, string>();
  loaded = 0;
  readonly hash = sha;
  readonly load = (hashes: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    this.loaded += hashes.length;
    return Promise.resolve(new Map(hashes.map((hash) => [hash, this.nodes.get(hash) ?? ''])));
  };
  async apply(root: string | null, put: readonly PutFile[], remove: readonly string[] = []) {
    const applied = await applyEdits(this, root, editsOf({ put, remove }));
    for (const [hash, text] of applied.nodes) this.nodes.set(hash, text);
    return applied;
  }
}

const file = (path: string, content = path): PutFile => ({ path, sha256: sha(content), bytes: content.length });
const byKey = (one: PutFile, other: PutFile): number => (keyOf(one.path) < keyOf(other.path) ? -1 : 1);
const many = (count: number, pathOf = (index: number) => `file-${index}.csv`): readonly PutFile[] =>
  Array.from({ length: count }, (_, index) => file(pathOf(index)));

/** Paths from few names, so that files meet folders and spellings meet each other. */
const name = fc.constantFrom('a', 'A', 'b', 'é', 'b.txt', 'b!', 'train', 'ß', 'SS');
const somePath = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const longPath = fc.tuple(fc.constantFrom('x', 'y/z', 'y/w'), fc.nat(400)).map(([folder, n]) => `${folder}/${n}`);
const steps = (path: fc.Arbitrary<string>) =>
  fc.array(
    fc.record({
      put: fc.uniqueArray(fc.tuple(path, fc.constantFrom('1', '22')), { maxLength: 120, selector: ([of]) => of }),
      remove: fc.array(path, { maxLength: 60 }),
    }),
    { minLength: 1, maxLength: 8 },
  );

/** The naive model: a map from path to file, compared pair by pair. */
function clashes(files: readonly PutFile[]): boolean {
  const spellings = new Map<string, string>();
  for (const { path } of files) {
    const segments = path.split('/');
    for (let length = 1; length <= segments.length; length++) {
      const part = segments.slice(0, length).join('/');
      const spelled = `${part}${length < segments.length ? '/' : ''}`;
      const known = spellings.get(keyOf(part));
      if (known !== undefined && known !== spelled) return true;
      spellings.set(keyOf(part), spelled);
    }
  }
  return false;
}

async function allFiles(memory: Memory, root: string): Promise<readonly PutFile[]> {
  const files: PutFile[] = [];
  for (let after: string | null = null; ;) {
    const page: readonly PutFile[] = await filesPage(memory, root, { folder: '', after, limit: 37 });
    files.push(...page);
    after = page.at(-1)?.path ?? after;
    if (page.length < 37) return files;
  }
}

describe('a tree equals the naive model', () => {
  test.each([
    ['few names that meet', somePath, 300],
    ['many names in three folders', longPath, 60],
  ] as const)('with %s', async (_, path, numRuns) => {
    await fc.assert(
      fc.asyncProperty(steps(path), async (all) => {
        const memory = new Memory();
        const empty = await memory.apply(null, []);
        let model = new Map<string, PutFile>();
        let root: string | null = null;
        for (const step of all) {
          const put = step.put.map(([one, content]) => file(one, content));
          const next = new Map(model);
          for (const removed of step.remove) next.delete(removed);
          for (const one of put) next.set(one.path, one);
          const twice = new Set(put.map((one) => keyOf(one.path))).size < put.length;
          if (twice || clashes([...next.values()])) {
            await expect(memory.apply(root, put, step.remove)).rejects.toMatchObject({ type: 'validation-failed' });
            continue;
          }
          const applied = await memory.apply(root, put, step.remove);
          const before = root;
          root = applied.root;
          const files = [...next.values()].toSorted(byKey);
          expect(await allFiles(memory, root)).toEqual(files);
          expect([applied.files, applied.bytes]).toEqual([
            files.length,
            files.reduce((sum, { bytes }) => sum + bytes, 0),
          ]);
          // The hash does not depend on the history.
          expect((await new Memory().apply(null, files)).root).toBe(root);
          const differences = await compareDiff(memory, [before ?? empty.root, root], [model, next]);
          const { added, changed, removed } = applied;
          const spelledOf = new Map([...model.keys()].map((one) => [keyOf(one), one]));
          const respelled = [...next.keys()].filter((one) => (spelledOf.get(keyOf(one)) ?? one) !== one).length;
          expect(differences['changed']).toBe(changed - respelled);
          // A new spelling of a path is one change, which a comparison shows as two.
          expect([differences['added'], differences['removed']]).toEqual([added + respelled, removed + respelled]);
          model = next;
        }
      }),
      { numRuns },
    );
  });

  async function compareDiff(
    memory: Memory,
    [from, to]: readonly [string, string],
    [before, next]: readonly [ReadonlyMap<string, PutFile>, ReadonlyMap<string, PutFile>],
  ): Promise<Readonly<Record<string, number>>> {
    const paths = new Set([...before.keys(), ...next.keys()]);
    const expected = [...paths].flatMap((path) => {
      const [old, now] = [before.get(path), next.get(path)];
      if (old === undefined) return [`added ${path}`];
      if (now === undefined) return [`removed ${path}`];
      return old.sha256 === now.sha256 ? [] : [`changed ${path}`];
    });
    const counts = { added: 0, changed: 0, removed: 0 };
    const found = [];
    for await (const { kind, path } of diffTrees(memory, from, to)) {
      found.push(`${kind} ${path}`);
      counts[kind]++;
    }
    expect(found.toSorted()).toEqual(expected.toSorted());
    return counts;
  }
});

test('a folder page lists files and folders once, with the size of what is below', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(longPath, { maxLength: 300 }),
      fc.constantFrom('', 'y', 'y/z', 'x'),
      async (paths, folder) => {
        const memory = new Memory();
        const { root } = await memory.apply(
          null,
          paths.map((path) => file(path)),
        );
        const prefix = folder === '' ? '' : `${folder}/`;
        const expected = new Map<string, number>();
        for (const path of paths.filter((one) => one.startsWith(prefix))) {
          const rest = path.slice(prefix.length);
          const end = rest.indexOf('/');
          const entry = end === -1 ? path : `${prefix}${rest.slice(0, end)}/`;
          expected.set(entry, (expected.get(entry) ?? 0) + 1);
        }
        const found = new Map<string, number>();
        for (let after: string | null = null; ;) {
          const page: Awaited<ReturnType<typeof folderPage>> = await folderPage(memory, root, {
            folder,
            after,
            limit: 5,
          });
          for (const entry of page) {
            if (entry.kind === 'file') found.set(entry.path, 1);
            else found.set(`${entry.path}/`, entry.files);
          }
          after = page.at(-1)?.path ?? after;
          if (page.length < 5) break;
        }
        expect(found).toEqual(expected);
        const size = await sizeOfFolder(memory, root, folder);
        const files = paths.filter((one) => one.startsWith(prefix)).length;
        expect(size?.files ?? 0).toBe(files);
      },
    ),
    { numRuns: 60 },
  );
});

describe('work is in proportion to the change', () => {
  test.each([
    ['a flat folder', (index: number) => `file-${index}.csv`],
    ['many folders', (index: number) => `class-${index % 100}/${index}.png`],
  ])('in %s', async (_, pathOf) => {
    const memory = new Memory();
    let base = await memory.apply(null, many(20_000, pathOf));
    const nodesOfAll = base.nodes.size;
    expect(nodesOfAll).toBeGreaterThan(200);
    memory.loaded = 0;
    base = await memory.apply(base.root, [file(pathOf(7777), 'changed')]);
    expect(base.nodes.size).toBeLessThanOrEqual(5);
    expect(memory.loaded).toBeLessThanOrEqual(6);
    memory.loaded = 0;
    const changed = await memory.apply(base.root, [file('new/one')], [pathOf(5)]);
    expect(changed.nodes.size).toBeLessThanOrEqual(10);
    const found = [];
    memory.loaded = 0;
    for await (const { kind, path } of diffTrees(memory, base.root, changed.root)) found.push(`${kind} ${path}`);
    expect(found.toSorted()).toEqual(['added new/one', `removed ${pathOf(5)}`]);
    expect(memory.loaded).toBeLessThanOrEqual(30);
    memory.loaded = 0;
    expect(await findFile(memory, changed.root, pathOf(12_345))).toEqual(file(pathOf(12_345)));
    expect(await findFile(memory, changed.root, 'missing')).toBeNull();
    expect(memory.loaded).toBeLessThanOrEqual(10);
  });

  test('a node stays short when by chance no path ends one', async () => {
    const memory = new Memory();
    const unlucky: PutFile[] = [];
    for (let index = 0; unlucky.length < 3 * mostItems; index++) {
      const alone = await new Memory().apply(null, [file(`n${index}`), file(`n${index}~`)]);
      const [text = ''] = alone.nodes.values();
      if (alone.nodes.size === 1 && decodeNode(text).items.length === 2) unlucky.push(file(`n${index}`));
    }
    const { root } = await memory.apply(null, unlucky);
    for (const text of memory.nodes.values()) expect(decodeNode(text).items.length).toBeLessThanOrEqual(mostItems);
    const { root: less } = await memory.apply(root, [], [unlucky[3]?.path ?? '']);
    expect((await new Memory().apply(null, unlucky.toSpliced(3, 1))).root).toBe(less);
  });
});
