import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { expect, test } from '@jest/globals';
import { limitSigning, limitStorage, type StorageLimits } from '../../../activities/storage/limited.ts';
import { callSignal } from '../../../activities/time-limit.ts';
import type { ObjectSigning, ObjectStorage } from '../../../core/object-storage.ts';
import { isArtenicError } from '../../../core/errors.ts';

const limits: StorageLimits = { smallMs: 40, readMs: 40, listMs: 40, stallMs: 40 };
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** A storage whose every call hangs, and ends its request when the call is aborted. */
function hanging(): { readonly storage: ObjectStorage; readonly signing: ObjectSigning; readonly ended: string[] } {
  const ended: string[] = [];
  const hang = <T>(name: string): Promise<T> =>
    new Promise<T>((_, reject) => {
      callSignal()?.addEventListener('abort', () => {
        ended.push(name);
        reject(new Error('broken off'));
      });
    });
  const storage: ObjectStorage = {
    put: () => hang('put'),
    get: () => hang('get'),
    read: () => hang('read'),
    head: () => hang('head'),
    list: () => hang('list'),
    delete: () => hang('delete'),
  };
  const signing: ObjectSigning = {
    signGet: () => hang('signGet'),
    signPut: () => hang('signPut'),
    parts: {
      partBytesFor: (bytes) => bytes,
      begin: () => hang('begin'),
      signPart: () => hang('signPart'),
      complete: () => hang('complete'),
      abort: () => hang('abort'),
    },
  };
  return { storage, signing, ended };
}
const typeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (isArtenicError(error) ? error.type : String(error)),
  );

test('every call to a storage that hangs ends, and its request with it', async () => {
  const { storage, signing, ended } = hanging();
  const limited = { ...limitStorage(storage, limits), ...limitSigning(signing, limits) };
  const part = { bytes: 1, sha256: '0'.repeat(64), partNumber: 1, expiresInSeconds: 60 };
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    put: () => limited.put('a', Buffer.from('x')),
    get: () => limited.get('a'),
    read: () => limited.read('a', 1),
    head: () => limited.head('a'),
    list: () => limited.list('a'),
    delete: () => limited.delete('a'),
    signGet: () => limited.signGet('a', { expiresInSeconds: 60 }),
    signPut: () => limited.signPut('a', { expiresInSeconds: 60 }),
    begin: async () => limited.parts?.begin('a'),
    signPart: async () => limited.parts?.signPart('a', 'u', part),
    complete: async () => limited.parts?.complete('a', 'u', []),
    abort: async () => limited.parts?.abort('a', 'u'),
  };
  const types = await Promise.all(Object.entries(calls).map(async ([name, call]) => [name, await typeOf(call())]));
  const writes = new Set(['put', 'delete', 'begin', 'complete', 'abort']);
  expect(types).toEqual(Object.keys(calls).map((name) => [name, writes.has(name) ? 'unknown-outcome' : 'unavailable']));
  expect(ended.toSorted()).toEqual(Object.keys(calls).toSorted());
});

/** Yields `count` pieces. The wait for each piece is shorter than the limit, all waits together are longer. */
async function* slowly(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) {
    await new Promise((done) => setTimeout(done, 15));
    yield Buffer.from([index]);
  }
}

test('a transfer that moves may take any time, and one that stands is broken off', async () => {
  const storage = limitStorage(
    {
      ...hanging().storage,
      put: async (key, content) => {
        const parts: Uint8Array[] = [];
        for await (const part of content instanceof Uint8Array ? [content] : content) {
          await new Promise((done) => setTimeout(done, 15));
          parts.push(part);
          if (key === 'stalls') await never();
        }
        const bytes = Buffer.concat(parts);
        return { key, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
      },
      get: async (key) =>
        (async function* () {
          yield* slowly(10);
          if (key === 'stalls') await never();
        })(),
    },
    limits,
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of await storage.get('moves')) chunks.push(chunk);
  expect(chunks).toHaveLength(10);
  expect(await storage.put('moves', slowly(10))).toMatchObject({ bytes: 10 });
  // Content in memory is passed on in pieces of a megabyte.
  expect(await storage.put('moves', new Uint8Array(8_000_000))).toMatchObject({ bytes: 8_000_000 });

  expect(await typeOf(storage.put('stalls', slowly(10)))).toBe('unknown-outcome');
  const stalled = await storage.get('stalls');
  const read = async (): Promise<void> => {
    for await (const chunk of stalled) expect(chunk).toHaveLength(1);
  };
  expect(await typeOf(read())).toBe('unavailable');
});

test('a caller that makes its content slowly is not the storage that stands', async () => {
  let isTaken = false;
  const storage = limitStorage(
    {
      ...hanging().storage,
      put: async (key, content) => {
        for await (const part of content instanceof Uint8Array ? [content] : content) isTaken = part.length === 1;
        return { key, bytes: 1, sha256: '' };
      },
    },
    limits,
  );
  async function* late(): AsyncGenerator<Uint8Array> {
    for (let waited = 0; waited < 5; waited++) await new Promise((done) => setTimeout(done, 20));
    yield Buffer.from('x');
  }
  await storage.put('slow', late());
  expect(isTaken).toBe(true);
});

test('what a call still makes in answer to the end of its time counts', async () => {
  const storage = limitStorage(
    {
      ...hanging().storage,
      head: (key) =>
        new Promise((resolve) => {
          callSignal()?.addEventListener('abort', () => resolve({ key, bytes: 1 }));
        }),
    },
    limits,
  );
  expect(await storage.head('a')).toEqual({ key: 'a', bytes: 1 });
});

test('a call ends with the try of the activity that made it', async () => {
  const { storage, ended } = hanging();
  const hour = 3_600_000;
  const limited = limitStorage(storage, { smallMs: hour, readMs: hour, listMs: hour, stallMs: hour });
  const over = new AbortController();
  const context = { cancellationSignal: over.signal } as Context;
  const call = asyncLocalStorage.run(context, () => limited.head('a'));
  await turn();
  over.abort(new CancelledFailure('TIMED_OUT'));
  await expect(call).rejects.toBeInstanceOf(CancelledFailure);
  expect(ended).toEqual(['head']);
});
