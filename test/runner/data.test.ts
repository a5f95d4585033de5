import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { objectKeys, type DataPage } from '@artenic/core';
import { poll } from '../support/poll.ts';
import { World } from './world.ts';

const worlds: World[] = [];
afterAll(async () => {
  for (const world of worlds) await world.destroy();
});
function newWorld(): World {
  const world = new World();
  worlds.push(world);
  return world;
}

type File = DataPage['files'][number];
const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
const entryOf = (world: World, sha256: string): string => join(world.cacheDir, 'data', sha256.slice(0, 2), sha256);
function stored(world: World, path: string, text = `content of ${path}`): File {
  return { path, sha256: world.put(objectKeys.data, Buffer.from(text)), bytes: text.length, purged: false };
}
const purged = (path: string): File => ({ path, sha256: sha256Of(path), bytes: 3, purged: true });
const command = ['sh', '-c', 'cd $ARTENIC_DATA_DIR; find . -type f | sort; cat ${ARTENIC_PURGED_FILE:-/dev/null}'];
const jobOf = (more: object = {}) => ({ command, data: [{ dataset: 'reviews@3', ...more }] });
const give =
  (...files: readonly File[]) =>
  (api: { data: ReadonlyMap<number, readonly File[]> }): void => {
    api.data = new Map([[0, files]]);
  };

test.concurrent('files of a version come page by page, verified and read-only, and once for a machine', async () => {
  const world = newWorld();
  const files = ['a.csv', 'b.csv', 'deep/c.csv', 'deep/d.csv', 'e.csv'].map((path) => stored(world, path));
  const twice = stored(world, 'same.csv', 'content of a.csv');
  const first = await world.run({ job: jobOf(), prepare: give(...files, twice) });
  expect(first.marker()).toMatchObject({ reason: 'exited', exitCode: 0 });
  const text = first.api.text('logs/training');
  expect(text).toContain("data: 6 files, 1 from this machine's cache, 5 fetched");
  for (const { path } of files) expect(text).toContain(`./reviews/${path}`);
  const place = join(first.folder, 'data', 'reviews', 'deep', 'c.csv');
  expect([readFileSync(place, 'utf8'), statSync(place).mode & 0o777]).toEqual(['content of deep/c.csv', 0o400]);
  expect(statSync(place).ino).toBe(statSync(entryOf(world, files[2]?.sha256 ?? '')).ino);

  // The storage is gone: everything comes from the cache.
  rmSync(join(world.objects, 'data'), { recursive: true });
  const second = await world.run({ job: jobOf({ name: 'in/here' }), prepare: give(...files, twice) });
  expect(second.api.text('logs/training')).toContain("data: 6 files, 6 from this machine's cache, 0 fetched");
  expect(readFileSync(join(second.folder, 'data', 'in', 'here', 'e.csv'), 'utf8')).toBe('content of e.csv');
});

test.concurrent('a runner that is killed in the middle leaves what it had fetched, and nothing else', async () => {
  const world = newWorld();
  const files = ['a', 'b', 'c', 'd', 'e', 'f'].map((path) => stored(world, path));
  // Reading a named pipe never ends.
  const pipe = join(world.objects, objectKeys.data(files[4]?.sha256 ?? ''));
  rmSync(pipe);
  execFileSync('mkfifo', [pipe]);
  const first = await world.start({ job: jobOf(), prepare: give(...files) });
  await poll('five contents in the cache', 20_000, () =>
    files.filter(({ sha256 }) => existsSync(entryOf(world, sha256))).length === 5 ? true : null,
  );
  await first.crash();
  rmSync(pipe);
  stored(world, 'e');
  const second = await world.run({ job: jobOf(), prepare: give(...files) });
  expect(second.api.text('logs/training')).toContain("data: 6 files, 5 from this machine's cache, 1 fetched");
  expect(readFileSync(join(second.folder, 'data', 'reviews', 'e'), 'utf8')).toBe('content of e');
});

test.concurrent('an entry that a command has changed is fetched again', async () => {
  const world = newWorld();
  const file = stored(world, 'a.csv');
  const spoil = ['sh', '-c', 'cd $ARTENIC_DATA_DIR/reviews; chmod u+w a.csv; printf "content of X.csv" > a.csv'];
  await world.run({ job: { ...jobOf(), command: spoil }, prepare: give(file) });
  const next = await world.run({ job: jobOf(), prepare: give(file) });
  expect(next.api.text('logs/training')).toContain("0 from this machine's cache, 1 fetched");
  expect(readFileSync(join(next.folder, 'data', 'reviews', 'a.csv'), 'utf8')).toBe('content of a.csv');
});

test.concurrent('a content with another hash ends the attempt, and is not kept', async () => {
  const world = newWorld();
  const file = stored(world, 'a.csv');
  writeFileSync(join(world.objects, objectKeys.data(file.sha256)), 'something else!!');
  const attempt = await world.run({ job: jobOf(), prepare: give(file) });
  expect(attempt.marker()).toMatchObject({ reason: 'restore-failed', message: expect.stringContaining(file.sha256) });
  expect(existsSync(entryOf(world, file.sha256))).toBe(false);
  expect(readdirSync(join(world.cacheDir, 'data', '.unfinished'))).toEqual([]);
});

test.concurrent('purged files end the attempt, or are left out and listed for the command', async () => {
  const world = newWorld();
  const files = [stored(world, 'a.csv'), purged('b.csv')];
  const refused = await world.run({ job: jobOf(), prepare: give(...files) });
  expect(refused.marker()).toMatchObject({ reason: 'restore-failed', message: expect.stringContaining('allowPurged') });
  const allowed = await world.run({ job: jobOf({ allowPurged: true }), prepare: give(...files) });
  expect(allowed.marker().exitCode).toBe(0);
  expect(allowed.api.text('logs/training')).toContain('./reviews/a.csv\nreviews/b.csv\n');
});

test.concurrent('the cache keeps its size: contents of no attempt leave, those used last stay', async () => {
  const world = newWorld();
  const [old, kept, used] = ['old', 'kept', 'used'].map((path) => stored(world, path, path.repeat(100)));
  if (old === undefined || kept === undefined || used === undefined) throw new Error('unreachable');
  for (const file of [old, kept]) {
    const attempt = await world.run({ job: jobOf(), prepare: give(file) });
    rmSync(join(attempt.folder, 'data'), { recursive: true });
  }
  // 1,000 bytes: room for two of the three.
  const environment = { ARTENIC_DATA_CACHE_GIB: String(1000 / 1024 ** 3) };
  await world.run({ job: jobOf(), prepare: give(used), environment });
  const isThere = [old, kept, used].map(({ sha256 }) => existsSync(entryOf(world, sha256)));
  expect(isThere).toEqual([false, true, true]);
});

test.concurrent('what is larger than the disk is refused with both numbers before anything is fetched', async () => {
  const world = newWorld();
  const huge = { ...stored(world, 'a.csv'), bytes: 2 ** 50 };
  const attempt = await world.run({ job: jobOf(), prepare: give(huge) });
  const { message } = attempt.marker();
  expect(message).toMatch(/reviews@3 has 1126 TB, but the machine's disk has only .* free/);
});

test.concurrent('runners at the same time share one cache', async () => {
  const world = newWorld();
  const files = Array.from({ length: 40 }, (_, index) => stored(world, `f${index}`));
  mkdirSync(dirname(entryOf(world, 'ab')), { recursive: true });
  const attempts = await Promise.all([1, 2, 3].map(() => world.run({ job: jobOf(), prepare: give(...files) })));
  for (const attempt of attempts)
    for (const { path } of files)
      expect(readFileSync(join(attempt.folder, 'data', 'reviews', path), 'utf8')).toBe(`content of ${path}`);
});
