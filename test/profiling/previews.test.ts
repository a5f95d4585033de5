import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PageQuery } from '../../profiling/messages.ts';
import { createPreviews, type PreviewOptions, type Previews } from '../../profiling/previews.ts';
import { profileFile } from '../../profiling/profile-file.ts';
import { poll } from '../support/poll.ts';

let home: string;
let copy: string;
const opened: Previews[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'artenic-previews-'));
  const path = join(home, 'table.csv');
  await writeFile(path, `id\n${Array.from({ length: 5000 }, (_, index) => `${index}\n`).join('')}`);
  const answer = await profileFile({ path, format: 'csv', isPacked: false }, join(home, 'reader'));
  if (answer.kind === 'failed' || answer.copy === null) throw new Error(JSON.stringify(answer));
  ({ copy } = answer);
});
afterEach(async () => {
  for (const previews of opened.splice(0)) await previews.close();
  await rm(home, { recursive: true, force: true });
});

const plain: PageQuery = { offset: 4000, limit: 2, sort: null, filter: null, search: null };
const file = (id: string) => ({ id, key: id });

/** Counts how often each file was fetched: once for each page, and once more for each start of a reader. */
function open(options: Partial<PreviewOptions> = {}) {
  const fetched: string[] = [];
  const previews = createPreviews({
    fetchFile: async ({ id }) => {
      fetched.push(id);
      return copy;
    },
    folder: join(home, 'readers'),
    ...options,
  });
  opened.push(previews);
  const starts = (id: string, pages: number): number => fetched.filter((one) => one === id).length - pages;
  return { previews, starts };
}

test('a file is opened once for many pages; the one that was asked for longest ago leaves when there is no room', async () => {
  const { previews, starts } = open({ mostReaders: 2 });
  const pages = await Promise.all([0, 1, 2].map((offset) => previews.page(file('a'), { ...plain, offset })));
  expect(pages.map(({ rows }) => rows[0]?.cells)).toEqual([[0], [1], [2]]);
  await previews.page(file('b'), plain);
  await previews.page(file('a'), plain);
  await previews.page(file('c'), plain);
  expect([starts('a', 4), starts('b', 1), starts('c', 1)]).toEqual([1, 1, 1]);
  await previews.page(file('a'), plain);
  await previews.page(file('b'), plain);
  expect([starts('a', 5), starts('b', 2)]).toEqual([1, 2]);
});

test('while all readers are busy another file is refused for a moment', async () => {
  const { previews } = open({ mostReaders: 1 });
  const first = previews.page(file('a'), plain);
  await expect(previews.page(file('b'), plain)).rejects.toMatchObject({ type: 'not-ready' });
  const many = await Promise.allSettled(Array.from({ length: 12 }, () => previews.page(file('a'), plain)));
  expect(many.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  expect((await first).total).toBe(5000);
});

test('an idle reader ends and leaves nothing; the next page opens the file again', async () => {
  const { previews, starts } = open({ idleMs: 100 });
  await previews.page(file('a'), plain);
  const left = async () => (await readdir(join(home, 'readers'))).length;
  expect(await left()).toBe(1);
  await poll('the end of the reader', 20_000, async () => ((await left()) === 0 ? true : null));
  expect((await previews.page(file('a'), plain)).rows).toHaveLength(2);
  expect(starts('a', 2)).toBe(2);
});

test('a page that takes too long ends its reader', async () => {
  const { previews } = open({ timeoutMs: 1 });
  await expect(previews.page(file('a'), plain)).rejects.toMatchObject({ type: 'deadline-exceeded' });
});

test('a page that needs too much memory ends its reader', async () => {
  const { previews } = open({ limits: { rssBytes: 30 * 1024 ** 2 } });
  await expect(previews.page(file('a'), plain)).rejects.toMatchObject({ type: 'payload-too-large' });
});

test('a file that is damaged behind its columns is said to be', async () => {
  const broken = join(home, 'broken.parquet');
  await writeFile(broken, 'PAR1');
  const { previews } = open({ fetchFile: () => Promise.resolve(broken) });
  await expect(previews.page(file('a'), plain)).rejects.toMatchObject({ type: 'file-unreadable' });
});
