import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ObjectStorage } from '../../core/object-storage.ts';

const sha256Of = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* inChunks(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Without an explicit collection the test would measure when the collector runs. */
const collectGarbage: () => void = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Size of buffers in use. Collected buffers are released with a delay. */
async function heldBytes(): Promise<number> {
  for (let last = Infinity; ;) {
    collectGarbage();
    await sleep(20);
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers >= last) return last;
    last = arrayBuffers;
  }
}

/** Contract of every object storage. Each case uses keys of its own. */
export function describeObjectStorageConformance(
  name: string,
  make: () => Promise<{ readonly storage: ObjectStorage; readonly close: () => Promise<void> }>,
  /** Most memory while an object of any size passes through; the collector frees buffers with a delay. */
  mostBufferedBytes = 25_000_000,
): void {
  describe(`${name} keeps the contract of object storage`, () => {
    let storage: ObjectStorage;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ storage, close } = await make());
    });
    afterAll(() => close());

    test('gives back what was put, with its size and hash', async () => {
      const content = randomBytes(100_000);
      const stored = await storage.put('round/trip', inChunks(content, 999));
      expect(stored).toEqual({ key: 'round/trip', bytes: content.length, sha256: sha256Of(content) });
      expect(await storage.head('round/trip')).toEqual({ key: 'round/trip', bytes: content.length });
      expect(content.equals(await collect(await storage.get('round/trip')))).toBe(true);
      expect(content.equals(await storage.read('round/trip', content.length))).toBe(true);
    });

    test('stores an empty object, from bytes and from a stream', async () => {
      await storage.put('empty/bytes', new Uint8Array());
      const stored = await storage.put('empty/stream', inChunks(new Uint8Array(), 1));
      expect(stored).toMatchObject({ bytes: 0, sha256: sha256Of(new Uint8Array()) });
      expect(await storage.read('empty/bytes', 0)).toHaveLength(0);
      expect(await collect(await storage.get('empty/stream'))).toHaveLength(0);
    });

    test('replaces an object whole', async () => {
      await storage.put('replaced', bytesOf('a long first version'));
      await storage.put('replaced', bytesOf('second'));
      expect(Buffer.from(await storage.read('replaced', 100)).toString()).toBe('second');
    });

    test('says `not-found` of what is not there', async () => {
      await storage.put('there/is', bytesOf('x'));
      for (const key of ['absent', 'there/absent', 'there', 'there/is/below']) {
        expect(await storage.head(key)).toBeNull();
        await expect(storage.get(key)).rejects.toMatchObject({ type: 'not-found' });
        await expect(storage.read(key, 10)).rejects.toMatchObject({ type: 'not-found' });
      }
    });

    test('takes content with the right hash', async () => {
      const content = bytesOf('right');
      await expect(storage.put('hash/right', content, { sha256: sha256Of(content) })).resolves.toMatchObject({
        bytes: 5,
      });
    });

    test('refuses content with another hash, and shows nothing of it', async () => {
      const put = storage.put('hash/wrong', bytesOf('content'), { sha256: sha256Of(bytesOf('other')) });
      await expect(put).rejects.toMatchObject({ type: 'validation-failed' });
      expect(await storage.head('hash/wrong')).toBeNull();
    });

    test('keeps the old object when the new one is refused', async () => {
      await storage.put('hash/kept', bytesOf('old'));
      const put = storage.put('hash/kept', bytesOf('new'), { sha256: sha256Of(bytesOf('other')) });
      await expect(put).rejects.toMatchObject({ type: 'validation-failed' });
      expect(Buffer.from(await storage.read('hash/kept', 10)).toString()).toBe('old');
    });

    test('refuses content above `maxBytes` as soon as it is seen', async () => {
      let given = 0;
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) {
          given++;
          yield new Uint8Array(1000);
        }
      }
      await expect(storage.put('too/large', endless(), { maxBytes: 10_000 })).rejects.toMatchObject({
        type: 'payload-too-large',
      });
      expect(given).toBe(11);
      expect(await storage.head('too/large')).toBeNull();
      await expect(storage.put('just/right', new Uint8Array(10_000), { maxBytes: 10_000 })).resolves.toBeDefined();
    });

    test('passes on the fault of a stream that ends early, and shows nothing of it', async () => {
      const fault = Object.assign(new Error('the client hung up'), { code: 'ECONNRESET' });
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield bytesOf('half');
        throw fault;
      }
      await expect(storage.put('half', broken())).rejects.toBe(fault);
      expect(await storage.head('half')).toBeNull();
      expect(await storage.list('hal')).toEqual([]);
    });

    test('shows an object only when it is complete', async () => {
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      async function* slow(): AsyncGenerator<Uint8Array> {
        yield bytesOf('first ');
        await gate;
        yield bytesOf('second');
      }
      const put = storage.put('slow/object', slow());
      expect(await storage.head('slow/object')).toBeNull();
      expect(await storage.list('')).not.toContain('slow/object');
      open();
      await put;
      expect(Buffer.from(await storage.read('slow/object', 100)).toString()).toBe('first second');
    });

    test('ends up with one whole object after puts at once', async () => {
      const contents = Array.from({ length: 20 }, () => randomBytes(50_000));
      await Promise.all(contents.map((content) => storage.put('race/one', inChunks(content, 7000))));
      const left = await storage.read('race/one', 50_000);
      expect(contents.filter((content) => content.equals(left))).toHaveLength(1);
    });

    test('keeps puts and deletes in one folder apart', async () => {
      const keys = Array.from({ length: 60 }, (_, index) => `race/folder/${index % 3}/${index}`);
      await Promise.all(
        keys.map(async (key, index) => {
          await storage.put(key, bytesOf(key));
          if (index % 2 === 0) await storage.delete(key);
        }),
      );
      const expected = keys.filter((_, index) => index % 2 === 1);
      expect(new Set(await storage.list('race/folder/'))).toEqual(new Set(expected));
    });

    test('lists by prefix, also one that ends within a name', async () => {
      for (const key of ['list/a/1', 'list/ab', 'listing']) await storage.put(key, bytesOf('x'));
      expect(await storage.list('list/')).toEqual(['list/a/1', 'list/ab']);
      expect(await storage.list('list/a')).toEqual(['list/a/1', 'list/ab']);
      expect(await storage.list('list/a/')).toEqual(['list/a/1']);
      expect(await storage.list('list')).toEqual(['list/a/1', 'list/ab', 'listing']);
      expect(await storage.list('list/absent/')).toEqual([]);
    });

    test('lists in ascending order of bytes, not of words or UTF-16 units', async () => {
      const names = ['b', 'B', 'a-b/c', 'a.b', 'a/b', '10', '9', 'ä', 'z', '\u{ff5e}', '\u{1f600}', 'a b'];
      for (const name of names) await storage.put(`order/${name}`, bytesOf('x'));
      const sorted = names.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
      expect(await storage.list('order/')).toEqual(sorted.map((name) => `order/${name}`));
    });

    test('deletes once and again, and leaves the neighbours', async () => {
      await storage.put('delete/deep/one', bytesOf('x'));
      await storage.put('delete/two', bytesOf('x'));
      await storage.delete('delete/deep/one');
      await storage.delete('delete/deep/one');
      await storage.delete('delete/never/there');
      await storage.delete('delete');
      expect(await storage.list('delete/')).toEqual(['delete/two']);
    });

    test('refuses to read more than `maxBytes` into memory', async () => {
      await storage.put('big', new Uint8Array(1001));
      await expect(storage.read('big', 1000)).rejects.toMatchObject({ type: 'payload-too-large' });
      expect(await storage.read('big', 1001)).toHaveLength(1001);
    });

    const badKeys = [
      ...['', '/', '/etc/passwd', 'a//b', 'a/', '..', '../a', 'a/../b', 'a/..', './a', 'a/.', 'a\0b', '\0'],
      ...['\ud800', `a/${'x'.repeat(300)}`],
    ];
    test.each(badKeys.map((key) => [JSON.stringify(key).slice(0, 20), key]))('refuses the key %s', async (_, key) => {
      const refusal = { type: 'validation-failed' };
      await expect(storage.put(key, bytesOf('x'))).rejects.toMatchObject(refusal);
      await expect((async () => storage.get(key))()).rejects.toMatchObject(refusal);
      await expect((async () => storage.read(key, 10))()).rejects.toMatchObject(refusal);
      await expect((async () => storage.head(key))()).rejects.toMatchObject(refusal);
      await expect((async () => storage.delete(key))()).rejects.toMatchObject(refusal);
    });

    test('takes any other key, each for an object of its own', async () => {
      const segment = fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
        .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
      const keys = fc.uniqueArray(segment, { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(keys, fc.nat(), async (names, salt) => {
          const all = names.map((name, index) => `any/${salt}/${index}/${name}`);
          for (const key of all) await storage.put(key, bytesOf(key));
          for (const key of all) expect(Buffer.from(await storage.read(key, 1000)).toString()).toBe(key);
          expect(new Set(await storage.list(`any/${salt}/`))).toEqual(new Set(all));
          for (const key of all) await storage.delete(key);
        }),
        { numRuns: 15 },
      );
    });

    test('streams 50 MB through bounded memory', async () => {
      const chunk = randomBytes(100_000);
      const chunks = 500;
      const before = await heldBytes();
      let unwatchedBytes = 0;
      let looks = 0;
      let most = 0;
      // Measured by bytes, because a storage may send small chunks and each measurement walks the whole heap.
      const watch = (bytes: number): void => {
        unwatchedBytes += bytes;
        if (unwatchedBytes < 5_000_000) return;
        unwatchedBytes = 0;
        looks += 1;
        collectGarbage();
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      };
      async function* produce(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < chunks; index++) {
          watch(chunk.length);
          yield Buffer.from(chunk);
        }
      }
      const { bytes, sha256 } = await storage.put('large', produce());
      expect(bytes).toBe(chunks * chunk.length);
      const hash = createHash('sha256');
      for await (const part of await storage.get('large')) {
        watch(part.byteLength);
        hash.update(part);
      }
      expect(hash.digest('hex')).toBe(sha256);
      expect(looks).toBeGreaterThanOrEqual(18);
      expect(most).toBeLessThan(mostBufferedBytes);
    }, 90_000);

    test('keeps what is there when asked to, and says so', async () => {
      await storage.put('absent/once', bytesOf('first'), { ifAbsent: true });
      const second = storage.put('absent/once', bytesOf('second'), { ifAbsent: true });
      await expect(second).rejects.toMatchObject({ type: 'conflict' });
      expect(Buffer.from(await storage.read('absent/once', 10)).toString()).toBe('first');
      await storage.delete('absent/once');
      await expect(storage.put('absent/once', bytesOf('third'), { ifAbsent: true })).resolves.toBeDefined();
    });

    test('lets one of many win that want the same absent key', async () => {
      const contents = Array.from({ length: 12 }, () => randomBytes(20_000));
      const puts = contents.map((content) => storage.put('absent/race', inChunks(content, 7000), { ifAbsent: true }));
      const settled = await Promise.allSettled(puts);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const one of settled) {
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ type: 'conflict' });
      }
      const winner = contents[settled.findIndex(({ status }) => status === 'fulfilled')];
      expect(winner?.equals(await storage.read('absent/race', 20_000))).toBe(true);
    });

    test('reads parts of an object, and nothing beyond its end', async () => {
      const content = randomBytes(700_000);
      await storage.put('range', content);
      const part = async (offset: number, bytes?: number): Promise<Buffer> =>
        collect(await storage.get('range', bytes === undefined ? { offset } : { offset, bytes }));
      expect(content.equals(await part(0))).toBe(true);
      expect(content.subarray(300_000).equals(await part(300_000))).toBe(true);
      expect(content.subarray(10, 400_010).equals(await part(10, 400_000))).toBe(true);
      expect(content.subarray(699_990).equals(await part(699_990, 1000))).toBe(true);
      expect(await part(700_000)).toHaveLength(0);
      expect(await part(900_000, 5)).toHaveLength(0);
      await expect(storage.get('range/absent', { offset: 1 })).rejects.toMatchObject({ type: 'not-found' });
    });

    test('shows nothing of a large object whose stream breaks late', async () => {
      const fault = new Error('broke late');
      async function* broken(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < 20; index++) yield new Uint8Array(1_000_000);
        throw fault;
      }
      await expect(storage.put('large/broken', broken())).rejects.toBe(fault);
      expect(await storage.head('large/broken')).toBeNull();
      const wrong = storage.put('large/wrong', inChunks(randomBytes(12_000_000), 1_000_000), {
        sha256: sha256Of(bytesOf('other')),
      });
      await expect(wrong).rejects.toMatchObject({ type: 'validation-failed' });
      expect(await storage.list('large/')).toEqual([]);
    });

    test('lets go of an object that is read halfway only', async () => {
      await storage.put('halfway', new Uint8Array(2_000_000));
      for await (const chunk of await storage.get('halfway')) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      await storage.delete('halfway');
      expect(await storage.head('halfway')).toBeNull();
    });
  });
}
