import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LogPage } from '@artenic/core';
import { defaultLimits } from '../../api/deps.ts';
import { keepLogs } from '../../app/logs/keeper.ts';
import { poll } from '../support/poll.ts';
import { ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({ limits });
});
afterAll(() => world.close());

const pieceBytes = 2_000_000;
const pieces = 20;
/** A fifth of the default limits. */
const limits = { ...defaultLimits, logBytes: 20_000_000, logHeadBytes: 10_000_000 };
const line = (index: number): string => `${String(index).padStart(9, '0')} ${'loss=0.1 '.repeat(10)}\n`;

test('of 40 MB the first 10 and the last 10 are kept, in storage too, and the hole is told', async () => {
  const runner = await world.startRunner();
  const text = Array.from({ length: Math.ceil(pieceBytes / line(0).length) }, (_, index) => line(index)).join('');
  const piece = Buffer.from(text).subarray(0, pieceBytes);
  for (let index = 0; index < pieces; index++) {
    const path = `logs?stream=training&offset=${index * pieceBytes}`;
    // 503 while more data waits than the database may keep; a runner sends the piece again.
    await poll('the piece to be taken', 60_000, async () =>
      (await world.ship(runner, path, piece)).status === 200 ? true : null,
    );
  }
  const key = { attemptId: runner.attemptId, stream: 'training' } as const;
  await poll('objects', 60_000, async () => {
    await keepLogs({ ...world.deps, store: world.store }, { oldestTailMs: -1000 });
    return (await world.store.streams.end(key)).tailBytes === 0 ? true : null;
  });
  const kept = await world.store.logChunks.totalBytes(runner.jobId);
  expect(kept).toBeGreaterThan(15_000_000);
  expect(kept).toBeLessThanOrEqual(20_000_000);
  const list = () => world.deps.storage.list(`jobs/${runner.jobId}/attempts/1/logs/`);
  await poll('dropped objects to go', 30_000, async () => ((await list()).length <= kept / pieceBytes ? true : null));
  expect(await list()).toHaveLength(kept / pieceBytes);
  const read = async (offset: number): Promise<LogPage> =>
    (await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs?offset=${offset}&limitBytes=100`)).json<LogPage>();
  expect((await read(0)).text).toBe(line(0).slice(0, 100));
  const behind = await read(10_000_000);
  expect(behind.droppedBytes).toBe(40_000_000 - kept);
  expect(behind.offset).toBe(10_000_000 + behind.droppedBytes);
  expect((await read(40_000_000)).nextOffset).toBe(40_000_000);
}, 120_000);
