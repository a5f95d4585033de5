import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { usualStorageLimits, type StorageLimits } from '../../activities/storage/limited.ts';
import { isArtenicError, type ErrorType } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { freePort } from '../../workers/up/ports.ts';
import { startStorageFaultProxy, type Fate, type StorageFaultProxy } from '../support/fault-proxy.ts';
import { poll } from '../support/poll.ts';

export type FaultyWorld = {
  readonly endpoint: string;
  /** The storage at another address. */
  readonly open: (endpoint: string, limits: StorageLimits) => ObjectStorage;
  readonly stop: () => Promise<void>;
};

export type FaultySides = {
  /** The request that makes an object of one block visible. */
  readonly isWrite: (asked: IncomingMessage) => boolean;
  /** Requests of the upload of a larger object. Empty if the server cannot continue after a lost answer. */
  readonly steps: readonly (readonly [string, (asked: IncomingMessage) => boolean])[];
  /** The server refuses a second object under one key when asked to. */
  readonly hasConditions: boolean;
  readonly refusal: (status: number, code: string) => Fate;
  readonly refusals: readonly (readonly [number, string, ErrorType])[];
};

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield new Uint8Array(1_000_000).fill(index);
}

const typeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (isArtenicError(error) ? error.type : String(error)),
  );

/** Contract of every adapter of an object storage for failures of its server or of the network. */
export function describeStorageFaults(
  name: string,
  start: () => Promise<FaultyWorld>,
  sides: FaultySides,
  timeoutMs: number,
): void {
  describe(`${name} with faults`, () => {
    let world: FaultyWorld;
    let proxy: StorageFaultProxy;
    let storage: ObjectStorage;
    beforeAll(async () => {
      world = await start();
      proxy = await startStorageFaultProxy(world.endpoint);
      storage = world.open(proxy.url, usualStorageLimits);
    }, timeoutMs);
    beforeEach(() => proxy.reset());
    afterAll(async () => {
      proxy.close();
      await world.stop();
    });

    /** Applies a fate to the first request that matches. */
    function onFirst(matches: (asked: IncomingMessage) => boolean, fate: Fate): { isDone: boolean } {
      const state = { isDone: false };
      proxy.fateOf = (asked) => {
        if (state.isDone || !matches(asked)) return 'pass';
        state.isDone = true;
        return fate;
      };
      return state;
    }

    test('a put whose first answer was lost counts, also where it must be the first', async () => {
      const lost = onFirst(sides.isWrite, 'lose-answer');
      const put = storage.put('lost/answer', Buffer.from('mine'), { ifAbsent: true });
      await expect(put).resolves.toMatchObject({ bytes: 4 });
      expect([lost.isDone, proxy.asked > 1]).toEqual([true, true]);
      const second = storage.put('lost/answer', Buffer.from('other'), { ifAbsent: true });
      if (sides.hasConditions) await expect(second).rejects.toMatchObject({ type: 'conflict' });
      else await second;
    });

    test('a temporary error of the server is tried again', async () => {
      const failed = onFirst(() => true, sides.refusal(503, 'ServiceUnavailable'));
      await storage.put('temporary', Buffer.from('x'));
      expect([failed.isDone, Buffer.from(await storage.read('temporary', 10)).toString()]).toEqual([true, 'x']);
    });

    for (const [step, isStep] of sides.steps) {
      test(`a large object is whole although the answer to its ${step} was lost`, async () => {
        const lost = onFirst(isStep, 'lose-answer');
        await expect(storage.put(`lost/${step}`, chunks(15))).resolves.toMatchObject({ bytes: 15_000_000 });
        const content = await storage.read(`lost/${step}`, 15_000_000);
        const looks = [0, 6_500_000, 13_500_000].map((offset) => content[offset]);
        expect([lost.isDone, content.length, looks]).toEqual([true, 15_000_000, [0, 6, 13]]);
      });
    }

    test('when every answer is lost the outcome is unknown, and a read just fails', async () => {
      await storage.put('lost/read', Buffer.from('x'));
      proxy.fateOf = () => 'lose-answer';
      expect(await typeOf(storage.put('lost/always', Buffer.from('x')))).toBe('unknown-outcome');
      expect(await typeOf(storage.delete('lost/always'))).toBe('unknown-outcome');
      expect(await typeOf(storage.get('lost/read'))).toBe('unavailable');
    });

    test('a server that never answers is asked no more when the time is over, and its connections end', async () => {
      const impatient = world.open(proxy.url, { smallMs: 300, readMs: 300, listMs: 300, stallMs: 300 });
      proxy.fateOf = () => 'hang';
      const calls = [
        () => impatient.head('a'),
        () => impatient.get('a'),
        () => impatient.read('a', 10),
        () => impatient.list('a'),
        () => impatient.put('a', Buffer.from('x')),
        () => impatient.delete('a'),
      ];
      const types = await Promise.all(calls.map((call) => typeOf(call())));
      const reads = Array.from({ length: 4 }, () => 'unavailable');
      expect(types).toEqual([...reads, 'unknown-outcome', 'unknown-outcome']);
      await poll('the connections to end', 10_000, () => (proxy.hungUp === calls.length ? true : null));
      expect(proxy.asked).toBe(calls.length);
    });

    test('a server that cannot be reached is `unavailable`', async () => {
      const away = world.open(`http://127.0.0.1:${await freePort()}`, usualStorageLimits);
      for (const work of [() => away.get('a'), () => away.list(''), () => away.head('a')])
        expect(await typeOf(work())).toBe('unavailable');
    });

    test('every answer with an error has its type', async () => {
      for (const [status, code, type] of sides.refusals) {
        proxy.fateOf = () => sides.refusal(status, code);
        expect([status, code, await typeOf(storage.put('refused', Buffer.from('x')))]).toEqual([status, code, type]);
      }
    });

    test('an answer that is cut off is a fault of the storage', async () => {
      // More than the socket buffers hold.
      await storage.put('cut', new Uint8Array(50_000_000));
      const parts = await storage.get('cut');
      const read = async (): Promise<void> => {
        for await (const part of parts) {
          expect(part.length).toBeGreaterThan(0);
          proxy.cutConnections();
        }
      };
      await expect(read()).rejects.toMatchObject({ type: 'unavailable' });
    });
  });
}
