import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LogStream } from '@artenic/core';
import type { Store } from '../../store/types.ts';
import { at, insertAttempt, newId, openTestStore } from './support.ts';

let store: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore(20));
});
afterAll(() => close());

describe('streams', () => {
  test('a piece is taken once, an overlap says how much to skip, a hole is refused', async () => {
    const attemptId = newId();
    const advance = (offset: number, bytes: number) => store.streams.advance(attemptId, 'training', offset, bytes);
    expect(await store.streams.nextOffset(attemptId, 'training')).toBe(0);
    expect(await advance(5, 1)).toEqual({ kind: 'mismatch', expectedOffset: 0 });
    expect(await advance(0, 10)).toEqual({ kind: 'append', skip: 0 });
    expect(await advance(0, 10)).toEqual({ kind: 'append', skip: 10 });
    expect(await advance(0, 4)).toEqual({ kind: 'append', skip: 4 });
    expect(await advance(8, 5)).toEqual({ kind: 'append', skip: 2 });
    expect(await advance(14, 1)).toEqual({ kind: 'mismatch', expectedOffset: 13 });
    expect(await store.streams.nextOffset(attemptId, 'training')).toBe(13);
    expect(await store.streams.nextOffset(attemptId, 'metrics')).toBe(0);
    const far = 5_000_000_000;
    expect(await advance(13, far)).toEqual({ kind: 'append', skip: 0 });
    expect(await store.streams.nextOffset(attemptId, 'training')).toBe(13 + far);
  });

  test('a claim moves a stream that ends where it begins, and of many at once one', async () => {
    const attemptId = newId();
    const claim = (from: number, to: number) => store.streams.claim(attemptId, 'metrics', from, to);
    expect(await claim(5, 6)).toBe(false);
    const crowd = await Promise.all(Array.from({ length: 10 }, (_, index) => claim(0, 10 + index)));
    expect(crowd.filter(Boolean)).toHaveLength(1);
    const end = 10 + crowd.indexOf(true);
    expect(await store.streams.nextOffset(attemptId, 'metrics')).toBe(end);
    expect([await claim(0, 99), await claim(end, 5_000_000_000)]).toEqual([false, true]);
    expect(await store.streams.nextOffset(attemptId, 'metrics')).toBe(5_000_000_000);
  });

  test('the same bytes sent many times at once, each with its effect: every byte is kept once', async () => {
    const { jobId, attemptId } = await insertAttempt(store);
    const pieces = Array.from({ length: 10 }, (_, index) => index * 100);
    const send = (offset: number) =>
      store.transaction(async (inside) => {
        const answer = await inside.streams.advance(attemptId, 'setup', offset, 150);
        if (answer.kind === 'mismatch') return false;
        const kept = 150 - answer.skip;
        if (kept > 0) {
          const chunk = { jobId, attempt: 1, stream: 'setup' as const, offset: offset + answer.skip, bytes: kept };
          await inside.logChunks.insert({ ...chunk, key: `k-${offset}` });
        }
        return true;
      });
    for (const offset of pieces) await Promise.all(Array.from({ length: 6 }, () => send(offset)));
    const chunks = await store.logChunks.from({ jobId, attempt: 1, stream: 'setup', offset: 0, limit: 100 });
    let next = 0;
    for (const { offset, bytes } of chunks) {
      expect(offset).toBe(next);
      next += bytes;
    }
    expect(next).toBe(1050);
    expect(await store.logChunks.totalBytes(jobId)).toBe(1050);
  });
});

describe('runner events', () => {
  test('of 10 at once with one id, one is the first', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => store.runnerEvents.firstTime('a/attempt-1', 'e', at(1))),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await store.runnerEvents.firstTime('a/attempt-2', 'e', at(1))).toBe(true);
  });
});

describe('log chunks', () => {
  const offsets = async (jobId: string, stream: LogStream, attempt = 1, offset = 0, limit = 100) =>
    (await store.logChunks.from({ jobId, attempt, stream, offset, limit })).map((chunk) => chunk.offset);

  async function write(jobId: string, attempt: number, stream: LogStream, count: number, bytes = 10): Promise<void> {
    for (let index = 0; index < count; index++) {
      const chunk = { jobId, attempt, stream, offset: index * bytes, bytes };
      await store.logChunks.insert({ ...chunk, key: `${attempt}-${stream}-${index}` });
    }
  }

  test('reading starts at the chunk that holds the offset', async () => {
    const { jobId } = await insertAttempt(store);
    await write(jobId, 1, 'training', 5);
    expect(await offsets(jobId, 'training', 1, 9)).toEqual([0, 10, 20, 30, 40]);
    expect(await offsets(jobId, 'training', 1, 10, 2)).toEqual([10, 20]);
    expect(await offsets(jobId, 'training', 1, 50)).toEqual([]);
    expect(await offsets(jobId, 'setup')).toEqual([]);
    expect(await store.logChunks.totalBytes(newId())).toBe(0);
    await expect(write(jobId, 1, 'training', 1)).rejects.toMatchObject({ type: 'conflict' });
  });

  test('trim keeps head and tail, takes the oldest between, and gives back what it took', async () => {
    const { jobId } = await insertAttempt(store);
    await write(jobId, 1, 'training', 6);
    await write(jobId, 1, 'setup', 2);
    await write(jobId, 2, 'training', 4);
    expect(await store.logChunks.trim(jobId, 120, 25)).toEqual([]);
    // In order: setup 0 10, training 0 … 50, attempt 2. The head of 25 bytes reaches into training's first chunk.
    const taken = await store.logChunks.trim(jobId, 85, 25);
    expect(taken).toEqual(
      [10, 20, 30, 40].map((offset) => ({
        ...{ jobId, attempt: 1, stream: 'training', offset, bytes: 10, key: `1-training-${offset / 10}` },
      })),
    );
    expect(await store.logChunks.totalBytes(jobId)).toBe(80);
    expect(await offsets(jobId, 'setup')).toEqual([0, 10]);
    expect(await offsets(jobId, 'training')).toEqual([0, 50]);
    // The head is the same in every later trim.
    expect((await store.logChunks.trim(jobId, 60, 25)).map(({ attempt, offset }) => [attempt, offset])).toEqual([
      [1, 50],
      [2, 0],
    ]);
    expect(await store.logChunks.trim(jobId, 60, 25)).toEqual([]);
    expect((await store.logChunks.trim(jobId, 0, 25)).map(({ offset }) => offset)).toEqual([10, 20, 30]);
    expect(await store.logChunks.totalBytes(jobId)).toBe(30);
  });

  test('trims at once take each chunk once', async () => {
    const { jobId } = await insertAttempt(store);
    await write(jobId, 1, 'training', 40);
    const taken = (await Promise.all(Array.from({ length: 5 }, () => store.logChunks.trim(jobId, 100, 50)))).flat();
    expect(taken.map(({ offset }) => offset).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, i) => 50 + i * 10),
    );
  });
});
