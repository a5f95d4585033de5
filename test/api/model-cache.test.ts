import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { modelCache } from '../../api/predictions/model-cache.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { poll } from '../support/poll.ts';

const hourMs = 3_600_000;
let home: string;
let storage: ObjectStorage;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'artenic-model-cache-'));
  storage = createFilesystemStorage({ root: join(home, 'objects') });
  for (const name of ['a', 'b', 'c']) await storage.put(objectKeys.model(name), new Uint8Array(100));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const cached = async (): Promise<readonly string[]> => (await readdir(join(home, 'models'))).toSorted();

test('models that were used longest ago leave when there is no room; those in use lately stay', async () => {
  let nowMs = Date.now();
  const fetchModel = modelCache(storage, join(home, 'models'), { mostBytes: 150, now: () => new Date(nowMs) });
  await fetchModel('a');
  await fetchModel('b');
  // Both files are in use: the cache exceeds its limit instead of deleting an open file.
  expect(await cached()).toEqual(['a.onnx', 'b.onnx']);
  nowMs += 2 * hourMs;
  await fetchModel('a');
  await fetchModel('c');
  expect(await cached()).toEqual(['a.onnx', 'c.onnx']);
  expect(await fetchModel('b')).toBe(join(home, 'models', 'b.onnx'));
});

test('what a dead process has left half-written goes; a fetch that fails leaves nothing', async () => {
  const fetchModel = modelCache(storage, join(home, 'models'));
  const [old, growing] = ['x.onnx.0badcafe', 'y.onnx.0badcafe'];
  for (const name of [old, growing]) await writeFile(join(home, 'models', name), 'half');
  const longAgo = new Date(Date.now() - 2 * hourMs);
  await utimes(join(home, 'models', old), longAgo, longAgo);
  await fetchModel('a');
  await expect(fetchModel('unknown')).rejects.toMatchObject({ type: 'not-found' });
  expect(await cached()).toEqual(['a.onnx', growing]);
});

test('while the storage sends nothing, callers are put off; one fetch goes on for all of them', async () => {
  const silent = Promise.withResolvers<void>();
  let gets = 0;
  const stalling: ObjectStorage = {
    ...storage,
    get: async (...args) => {
      gets++;
      await silent.promise;
      return storage.get(...args);
    },
  };
  const fetchModel = modelCache(stalling, join(home, 'models'), { silentMs: 20 });
  const putOff = { type: 'unavailable', details: { retryAfterMs: 40 } };
  await Promise.all([
    expect(fetchModel('a')).rejects.toMatchObject(putOff),
    expect(fetchModel('a')).rejects.toMatchObject(putOff),
  ]);
  await expect(fetchModel('a')).rejects.toMatchObject(putOff);
  expect(gets).toBe(1);
  silent.resolve();
  const path = await poll('the model', 10_000, () => fetchModel('a').catch(() => null));
  expect(path).toBe(join(home, 'models', 'a.onnx'));
  expect(gets).toBe(1);
});

test('a model that comes slowly is waited for', async () => {
  const silentMs = 1000;
  const untilMs = performance.now() + 2 * silentMs;
  async function* bytes() {
    while (performance.now() < untilMs) {
      await sleep(20);
      yield new Uint8Array(10);
    }
  }
  const slowly: ObjectStorage = { ...storage, get: () => Promise.resolve(bytes()) };
  const path = await modelCache(slowly, join(home, 'models'), { silentMs })('a');
  expect((await readFile(path)).length).toBeGreaterThan(10);
});
