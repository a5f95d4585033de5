import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LogStream } from '@artenic/core';
import { attemptIdOf } from '../../core/ids.ts';
import type { LogRef, ActingStore } from '../../store/types.ts';
import { at, insertAttempt, newId, openTestStore } from './support.ts';

let store: ActingStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore(20));
});
afterAll(() => close());

describe('streams', () => {
  test('a claim moves a stream that ends where it begins, and of many at once one', async () => {
    const key = { attemptId: newId(), stream: 'metrics' } as const;
    const claim = (from: number, to: number) => store.streams.claim(key, from, to, 3);
    expect(await store.streams.end(key)).toEqual({ nextOffset: 0, tailBytes: 0 });
    expect(await claim(5, 6)).toBe(false);
    const crowd = await Promise.all(Array.from({ length: 10 }, (_, index) => claim(0, 10 + index)));
    expect(crowd.filter(Boolean)).toHaveLength(1);
    const end = 10 + crowd.indexOf(true);
    expect(await store.streams.end(key)).toEqual({ nextOffset: end, tailBytes: 0 });
    expect([await claim(0, 99), await claim(end, 5_000_000_000)]).toEqual([false, true]);
    expect((await store.streams.end(key)).nextOffset).toBe(5_000_000_000);
    expect((await store.streams.end({ ...key, stream: 'training' })).nextOffset).toBe(0);
  });

  test('the same bytes sent many times at once, each with its effect: every byte is kept once', async () => {
    const { jobId, attemptId } = await insertAttempt(store);
    const ref = { jobId, attempt: 1, stream: 'setup' } as const;
    const key = { attemptId, stream: 'setup' } as const;
    const send = (from: number, to: number) =>
      store.transaction(async (inside) => {
        if ((await inside.streams.claimTail(key, from, to, at(0))) === null) return;
        await inside.logChunks.insert({ ...ref, offset: from, content: Buffer.alloc(to - from, 'x') });
      });
    for (let from = 0; from < 1000; from = (await store.streams.end(key)).nextOffset)
      await Promise.all(Array.from({ length: 6 }, (_, index) => send(from, from + 100 + index)));
    const { nextOffset, tailBytes } = await store.streams.end(key);
    let next = 0;
    for (const { offset, bytes } of await store.logChunks.from(ref, 0, 10_000)) {
      expect(offset).toBe(next);
      next += bytes;
    }
    expect([next, tailBytes, await store.logChunks.totalBytes(jobId)]).toEqual([nextOffset, nextOffset, nextOffset]);
  });

  test('a lease is one holder’s until it ends', async () => {
    const key = { attemptId: newId(), stream: 'training' } as const;
    await store.streams.claimTail(key, 0, 10, at(0));
    const due = async () => await store.streams.withTail({ olderThan: at(1), bytes: 1000, limit: 1000 });
    expect(await due()).toContainEqual(key);
    expect([await store.streams.lease(key, 'a', 60_000), await store.streams.lease(key, 'b', 60_000)]).toEqual([
      true,
      false,
    ]);
    expect(await due()).not.toContainEqual(key);
    expect(await store.streams.lease(key, 'a', -1)).toBe(true);
    expect(await store.streams.lease(key, 'b', 60_000)).toBe(true);
    await store.streams.endLease(key, 'a');
    expect(await store.streams.lease(key, 'a', 60_000)).toBe(false);
    await store.streams.endLease(key, 'b');
    expect(await store.streams.lease(key, 'a', 60_000)).toBe(true);
  });
});

describe('runner events', () => {
  test('of 10 at once with one id, one is the first', async () => {
    const event = { kind: 'exited', id: 'e', exitCode: 0 } as const;
    const crowd = () => Array.from({ length: 10 }, () => store.runnerEvents.accept('a/attempt-1', event, at(1)));
    const answers = await Promise.all(crowd());
    expect(answers.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'known'), 'taken']);
    expect(await store.runnerEvents.accept('a/attempt-2', event, at(1))).toBe('taken');
    // A note is not an event, even under the same name.
    expect(await store.runnerEvents.firstTime('a/attempt-1', 'e', at(1))).toBe(true);
    expect(await store.runnerEvents.firstTime('a/attempt-1', 'e', at(1))).toBe(false);
    expect(await store.runnerEvents.undelivered('a/attempt-1', 10)).toEqual([{ eventId: 'e', event }]);
  });

  test('of each kind an attempt has so many', async () => {
    const attemptId = newId();
    const send = (kind: 'notice' | 'rebalance', id: number) => {
      const at0 = at(0).toISOString();
      const event =
        kind === 'notice' ? { kind, id: `${kind}${id}`, deadlineAt: at0 } : { kind, id: `${kind}${id}`, since: at0 };
      return store.runnerEvents.accept(attemptId, event, at(1));
    };
    const answers: string[] = [];
    for (let id = 0; id < 34; id++) answers.push(await send('rebalance', id));
    expect(answers).toEqual([...Array.from({ length: 32 }, () => 'taken'), 'full', 'full']);
    expect([await send('rebalance', 3), await send('notice', 1)]).toEqual(['known', 'taken']);
  });

  test('what fails to be delivered stands behind what did not', async () => {
    const [first, second] = [newId(), newId()];
    for (const attemptId of [first, second])
      await store.runnerEvents.accept(attemptId, { kind: 'exited', id: 'e', exitCode: 0 }, at(1));
    const waiting = async () =>
      (await store.runnerEvents.waiting({ olderThan: at(2), limit: 100 })).filter((id) => [first, second].includes(id));
    expect(await waiting()).toEqual([first, second]);
    await store.runnerEvents.failed(first, 'e');
    expect(await waiting()).toEqual([second, first]);
    await store.runnerEvents.delivered(second, 'e', at(2));
    expect(await waiting()).toEqual([first]);
  });
});

describe('log chunks', () => {
  const refTo = (jobId: string, attempt: number, stream: LogStream): LogRef => ({ jobId, attempt, stream });
  const offsets = async (ref: LogRef, offset = 0, mostBytes = 1000) =>
    (await store.logChunks.from(ref, offset, mostBytes)).map((chunk) => chunk.offset);
  const keyOf = (ref: LogRef, offset: number): string => `${ref.attempt}-${ref.stream}-${offset}`;

  /** Ten bytes in each row, and an object for each row if `inObjects`. */
  async function write(ref: LogRef, count: number, inObjects = true): Promise<void> {
    for (let offset = 0; offset < count * 10; offset += 10) {
      await store.logChunks.insert({ ...ref, offset, content: Buffer.alloc(10, String(offset / 10)) });
      if (!inObjects) continue;
      await store.logChunks.pack(ref, await store.logChunks.tail(ref, 1), { key: keyOf(ref, offset), bytes: 30 });
    }
  }

  test('reading starts at the chunk that holds the offset, and takes what a page needs', async () => {
    const { jobId } = await insertAttempt(store);
    const ref = refTo(jobId, 1, 'training');
    await write(ref, 5);
    expect(await offsets(ref, 9)).toEqual([0, 10, 20, 30, 40]);
    expect(await offsets(ref, 10, 11)).toEqual([10, 20]);
    expect(await offsets(ref, 19, 2)).toEqual([10, 20]);
    expect(await offsets(ref, 50)).toEqual([]);
    expect(await offsets(refTo(jobId, 1, 'setup'))).toEqual([]);
    expect(await store.logChunks.totalBytes(newId())).toBe(0);
    await expect(write(ref, 1)).rejects.toMatchObject({ type: 'conflict' });
  });

  test('rows become a chunk in an object, and chunks of several objects become ranges of one', async () => {
    const { jobId } = await insertAttempt(store);
    const ref = refTo(jobId, 1, 'training');
    const key = { attemptId: attemptIdOf(jobId, 1), stream: 'training' } as const;
    await store.streams.claimTail(key, 0, 50, at(0));
    await write(ref, 5, false);
    const first = await store.logChunks.tail(ref, 21);
    expect(first.map(({ offset }) => offset)).toEqual([0, 10, 20]);
    expect(await store.logChunks.pack(ref, first, { key: 'a', bytes: 25 })).toBe(true);
    expect((await store.streams.end(key)).tailBytes).toBe(20);
    expect(await store.logChunks.pack(ref, first, { key: 'b', bytes: 25 })).toBe(false);
    expect(await store.logChunks.pack(ref, await store.logChunks.tail(ref, 99), { key: 'c', bytes: 15 })).toBe(true);
    expect((await store.streams.end(key)).tailBytes).toBe(0);
    const chunks = await store.logChunks.objects(ref, 10);
    expect(chunks.map(({ offset, bytes, place }) => [offset, bytes, place])).toEqual([
      [0, 30, { kind: 'object', key: 'a', range: { offset: 0, bytes: 25 } }],
      [30, 20, { kind: 'object', key: 'c', range: { offset: 0, bytes: 15 } }],
    ]);
    const ranges = [
      { offset: 0, bytes: 25 },
      { offset: 25, bytes: 15 },
    ];
    expect(await store.logChunks.merge(ref, chunks, 'whole', ranges)).toBe(true);
    expect((await store.logChunks.from(ref, 0, 100)).map(({ place }) => place)).toEqual(
      ranges.map((range) => ({ kind: 'object', key: 'whole', range })),
    );
    // One of its two chunks is still in use.
    expect(await store.logChunks.trim(jobId, 20, 0)).toEqual([]);
    expect(await store.logChunks.trim(jobId, 0, 0)).toEqual(['whole']);
  });

  test('a tail ends where the cap has left a hole', async () => {
    const { jobId } = await insertAttempt(store);
    const ref = refTo(jobId, 1, 'training');
    await write(ref, 6, false);
    expect(await store.logChunks.trim(jobId, 40, 20)).toEqual([]);
    expect((await store.logChunks.tail(ref, 1000)).map(({ offset }) => offset)).toEqual([0, 10]);
  });

  test('trim keeps head and tail, takes the oldest between, and names the objects that it emptied', async () => {
    const { jobId } = await insertAttempt(store);
    const [first, setup, second] = [refTo(jobId, 1, 'training'), refTo(jobId, 1, 'setup'), refTo(jobId, 2, 'training')];
    await write(first, 6);
    await write(setup, 2);
    await write(second, 4);
    expect(await store.logChunks.trim(jobId, 120, 25)).toEqual([]);
    // In order: setup 0 10, training 0 … 50, attempt 2. The head of 25 bytes reaches into training's first chunk.
    const taken = await store.logChunks.trim(jobId, 85, 25);
    expect(taken.toSorted()).toEqual([10, 20, 30, 40].map((offset) => keyOf(first, offset)));
    expect(await store.logChunks.totalBytes(jobId)).toBe(80);
    expect(await offsets(setup)).toEqual([0, 10]);
    expect(await offsets(first)).toEqual([0, 50]);
    // The head is the same in every later trim.
    expect((await store.logChunks.trim(jobId, 60, 25)).toSorted()).toEqual([keyOf(first, 50), keyOf(second, 0)]);
    expect(await store.logChunks.trim(jobId, 60, 25)).toEqual([]);
    expect(await store.logChunks.trim(jobId, 0, 25)).toHaveLength(3);
    expect(await store.logChunks.totalBytes(jobId)).toBe(30);
  });

  test('trims at once take each chunk once', async () => {
    const { jobId } = await insertAttempt(store);
    const ref = refTo(jobId, 1, 'training');
    await write(ref, 40);
    const taken = (await Promise.all(Array.from({ length: 5 }, () => store.logChunks.trim(jobId, 100, 50)))).flat();
    expect(taken.toSorted()).toEqual(Array.from({ length: 30 }, (_, i) => keyOf(ref, 50 + i * 10)).toSorted());
  });
});
