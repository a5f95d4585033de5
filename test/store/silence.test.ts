import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActingStore } from '../../store/types.ts';
import { at, insertAttempt, openTestStore } from './support.ts';

let store: ActingStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore());
});
afterAll(() => close());

describe('the span in which the API hears runners', () => {
  const note = (second: number, hadFault = false) => store.uptime.note({ at: at(second), gapMs: 100_000, hadFault });

  test('grows with each note, and begins anew after a pause or a fault', async () => {
    expect(await store.uptime.read()).toBeNull();
    await note(1000);
    await note(1090);
    await note(1190);
    expect(await store.uptime.read()).toEqual({ goodSince: at(1000), goodUntil: at(1190) });
    await note(1291);
    expect(await store.uptime.read()).toEqual({ goodSince: at(1291), goodUntil: at(1291) });
    await note(1300);
    await note(1310, true);
    expect(await store.uptime.read()).toEqual({ goodSince: at(1310), goodUntil: at(1310) });
  });

  test('is one of all replicas, whose clocks are never quite the same', async () => {
    await note(2000);
    await note(1990);
    await note(2050);
    expect(await store.uptime.read()).toEqual({ goodSince: at(2000), goodUntil: at(2050) });
  });
});

describe('machines that nobody hears', () => {
  const handle = (attemptId: string) => ({ provider: 'local', attemptId, instanceId: '1', region: 'local' });

  test('are those with an instance and without an end or a last word, longest first', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => insertAttempt(store)));
    const [mute, silent, speaks, over, ended, waiting] = made.map(({ attemptId }) => attemptId) as [
      string,
      ...string[],
    ] & { readonly length: 6 };
    for (const id of [mute, silent, speaks, over, ended])
      if (id !== undefined) await store.attempts.setHandle(id, handle(id), at(10));
    await store.attempts.heartbeat(silent ?? '', at(5));
    await store.attempts.heartbeat(silent ?? '', at(20));
    await store.attempts.heartbeat(speaks ?? '', at(1000));
    await store.attempts.runnerOver(over ?? '', at(11));
    await store.attempts.end(ended ?? '', { kind: 'lost', exitCode: null, message: '' }, at(30));
    expect(waiting).toBeDefined();
    expect((await store.attempts.silent(at(500), 10)).map(({ id }) => id)).toEqual([mute, silent]);
    expect((await store.attempts.silent(at(500), 1)).map(({ id }) => id)).toEqual([mute]);
  });

  test('are counted by provider when they were ended without a word', async () => {
    for (const [evidence, endedAt] of [
      ['never-spoke', 2000],
      ['never-spoke', 2001],
      ['never-spoke', 100],
      ['fell-silent', 2002],
    ] as const) {
      const { attemptId } = await insertAttempt(store);
      await store.attempts.end(attemptId, { kind: 'lost', exitCode: null, message: '', evidence }, at(endedAt));
    }
    expect(await store.attempts.mute(at(1000))).toEqual(new Map([['local', 2]]));
  });
});
