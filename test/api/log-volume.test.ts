import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LogPage } from '@artenic/core';
import { ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const pieceBytes = 2_000_000;
const pieces = 100;
const line = (index: number): string => `${String(index).padStart(9, '0')} ${'loss=0.1 '.repeat(10)}\n`;

test('of 200 MB the first 50 and the last 50 are kept, in storage too, and the hole is told', async () => {
  const runner = await world.startRunner();
  const text = Array.from({ length: Math.ceil(pieceBytes / line(0).length) }, (_, index) => line(index)).join('');
  const piece = Buffer.from(text).subarray(0, pieceBytes);
  for (let index = 0; index < pieces; index++) {
    const answer = await world.ship(runner, `logs?stream=training&offset=${index * pieceBytes}`, piece);
    expect(answer.status).toBe(200);
  }
  const kept = await world.store.logChunks.totalBytes(runner.jobId);
  expect(kept).toBeGreaterThan(95_000_000);
  expect(kept).toBeLessThanOrEqual(100_000_000);
  const keys = await world.deps.storage.list(`jobs/${runner.jobId}/attempts/1/logs/`);
  expect(keys).toHaveLength(kept / pieceBytes);
  const read = async (offset: number): Promise<LogPage> =>
    (await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs?offset=${offset}&limitBytes=100`)).json<LogPage>();
  expect((await read(0)).text).toBe(line(0).slice(0, 100));
  const behind = await read(50_000_000);
  expect(behind.droppedBytes).toBe(200_000_000 - kept);
  expect(behind.offset).toBe(50_000_000 + behind.droppedBytes);
  expect((await read(200_000_000)).nextOffset).toBe(200_000_000);
}, 120_000);
