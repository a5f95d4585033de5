import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ObjectSigning, ObjectStorage, SignedContent, SignedRequest } from '../../core/object-storage.ts';
import { poll } from '../support/poll.ts';

export type SigningWorld = {
  readonly storage: ObjectStorage;
  readonly signing: ObjectSigning;
  /** Signs for the same address with another secret. */
  readonly stranger: ObjectSigning;
  readonly close: () => Promise<void>;
};

const contentOf = (bytes: Uint8Array): SignedContent => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});
const life = { expiresInSeconds: 300 };

type Sent = { readonly status: number; readonly body: Buffer; readonly etag: string };

/** Sends the request unmodified; `fetch` does not let a caller choose the host or the length. */
export function send(
  { method, url, headers }: SignedRequest,
  body: Uint8Array = new Uint8Array(),
  more: Readonly<Record<string, string>> = {},
): Promise<Sent> {
  const { promise, resolve, reject } = Promise.withResolvers<Sent>();
  const length = method === 'PUT' ? { 'content-length': String(body.length) } : {};
  const sent = request(url, { method, headers: { ...headers, ...length, ...more } }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), etag: response.headers.etag ?? '' }),
    );
  });
  sent.once('error', reject);
  sent.end(body);
  return promise;
}

/** The same request with a changed URL. */
export function altered(signed: SignedRequest, change: (url: URL) => void): SignedRequest {
  const url = new URL(signed.url);
  change(url);
  expect(url.href).not.toBe(signed.url);
  return { ...signed, url: url.href };
}

/** Contract of signed requests, for every server. */
export function describeObjectSigningConformance(name: string, make: () => Promise<SigningWorld>): void {
  describe(`${name} keeps the contract of signed requests`, () => {
    let world: SigningWorld;
    beforeAll(async () => {
      world = await make();
      await world.storage.put('signed/object', Buffer.from('0123456789'));
      await world.storage.put('signed/other', Buffer.from('of somebody else'));
    });
    afterAll(() => world.close());

    const text = async (key: string): Promise<string> => Buffer.from(await world.storage.read(key, 10_000)).toString();
    const refused = async (signed: SignedRequest, body?: Uint8Array): Promise<void> =>
      expect([signed.url, (await send(signed, body)).status]).toEqual([signed.url, 403]);

    test('a download gives the object, whole or in part', async () => {
      const signed = await world.signing.signGet('signed/object', life);
      expect(Date.parse(signed.expiresAt)).toBeGreaterThan(Date.now() + 290_000);
      expect(await send(signed)).toMatchObject({ status: 200, body: Buffer.from('0123456789') });
      expect(await send(signed, undefined, { range: 'bytes=4-' })).toMatchObject({
        status: 206,
        body: Buffer.from('456789'),
      });
      for (const [range, part] of [
        ['bytes=2-3', '23'],
        ['bytes=8-99', '89'],
        ['bytes=-3', '789'],
      ] as const)
        expect(await send(signed, undefined, { range })).toMatchObject({ status: 206, body: Buffer.from(part) });
      expect((await send(signed, undefined, { range: 'bytes=10-' })).status).toBe(416);
    });

    test('a download of what is not there is 404', async () => {
      expect((await send(await world.signing.signGet('signed/absent', life))).status).toBe(404);
    });

    test('an upload that is held to a content takes that, under any name', async () => {
      for (const key of ['put/a b+c', 'put/ä/\u{1f600}', 'put/100%', 'put/empty']) {
        const bytes = key.endsWith('empty') ? new Uint8Array() : randomBytes(1000);
        const signed = await world.signing.signPut(key, { ...life, content: contentOf(bytes) });
        expect([key, (await send(signed, bytes)).status]).toEqual([key, 200]);
        expect(Buffer.from(await world.storage.read(key, 1000)).equals(bytes)).toBe(true);
      }
    });

    test('an upload that is held to nothing takes anything, and takes it again', async () => {
      const signed = await world.signing.signPut('put/any', life);
      expect((await send(signed, Buffer.from('one'))).status).toBe(200);
      expect((await send(signed, Buffer.from('second'))).status).toBe(200);
      expect(await text('put/any')).toBe('second');
    });

    test('other content of the same length is refused, and nothing of it is seen', async () => {
      const signed = await world.signing.signPut('put/bound', { ...life, content: contentOf(Buffer.from('right')) });
      const { status } = await send(signed, Buffer.from('wrong'));
      expect([400, 422]).toContain(status);
      expect(await world.storage.head('put/bound')).toBeNull();
      expect((await send(signed, Buffer.from('right'))).status).toBe(200);
    });

    test('content of another length is refused', async () => {
      const signed = await world.signing.signPut('put/length', { ...life, content: contentOf(Buffer.from('right')) });
      for (const body of ['longer than that', 'x', ''])
        expect([400, 403, 422]).toContain((await send(signed, Buffer.from(body))).status);
      expect(await world.storage.head('put/length')).toBeNull();
    });

    test('a content that is not the signed one is refused, also when its own hash is right', async () => {
      const signed = await world.signing.signPut('put/swapped', { ...life, content: contentOf(Buffer.from('right')) });
      const wrong = Buffer.from('wrong');
      const { sha256 } = contentOf(wrong);
      const checksum = Buffer.from(sha256, 'hex').toString('base64');
      const swapped = altered(signed, ({ searchParams }) => searchParams.set('sha256', sha256));
      const headers = Object.keys(signed.headers).includes('x-amz-checksum-sha256')
        ? { ...signed.headers, 'x-amz-checksum-sha256': checksum }
        : signed.headers;
      await refused({ ...swapped, headers }, wrong);
      expect(await world.storage.head('put/swapped')).toBeNull();
    });

    test('another key is refused', async () => {
      for (const path of ['signed/other', 'signed/object/', 'signed', 'signed/object%2F..%2Fother']) {
        const get = altered(await world.signing.signGet('signed/object', life), (url) => {
          url.pathname = url.pathname.replace('signed/object', path);
        });
        await refused(get);
      }
      const put = altered(await world.signing.signPut('put/mine', life), (url) => {
        url.pathname = url.pathname.replace('put/mine', 'signed/other');
      });
      await refused(put, Buffer.from('overwritten'));
      expect(await text('signed/other')).toBe('of somebody else');
    });

    test('another method is refused', async () => {
      await refused({ ...(await world.signing.signGet('signed/object', life)), method: 'PUT' }, Buffer.from('x'));
      await refused({ ...(await world.signing.signPut('signed/object', life)), method: 'GET' });
      expect(await text('signed/object')).toBe('0123456789');
    });

    test('a changed signature or time is refused', async () => {
      const signed = await world.signing.signGet('signed/object', life);
      await refused(
        altered(signed, ({ searchParams }) => {
          const name = searchParams.has('signature') ? 'signature' : 'X-Amz-Signature';
          const value = searchParams.get(name) ?? '';
          searchParams.set(name, `${value.startsWith('a') ? 'b' : 'a'}${value.slice(1)}`);
        }),
      );
      await refused(
        altered(signed, ({ searchParams }) => {
          const name = searchParams.has('expires') ? 'expires' : 'X-Amz-Expires';
          searchParams.set(name, String(Number(searchParams.get(name)) + 1));
        }),
      );
    });

    test('without a signature nothing is served', async () => {
      const bare = altered(await world.signing.signGet('signed/object', life), (url) => {
        url.search = '';
      });
      expect([401, 403, 422]).toContain((await send(bare)).status);
    });

    test('what somebody else has signed is refused', async () => {
      await refused(await world.stranger.signGet('signed/object', life));
      await refused(await world.stranger.signPut('put/stranger', life), Buffer.from('x'));
      expect(await world.storage.head('put/stranger')).toBeNull();
    });

    test('a request that names another host is refused', async () => {
      const signed = await world.signing.signGet('signed/object', life);
      expect((await send(signed, undefined, { host: 'elsewhere.example' })).status).toBe(403);
    });

    test('it ends when it should', async () => {
      const get = await world.signing.signGet('signed/object', { expiresInSeconds: 1 });
      const put = await world.signing.signPut('put/late', { expiresInSeconds: 1 });
      expect((await send(get)).status).toBe(200);
      await poll('the end of a signed request', 10_000, async () => ((await send(get)).status === 403 ? true : null));
      await refused(put, Buffer.from('late'));
      expect(await world.storage.head('put/late')).toBeNull();
    });

    test('a key that is none cannot be signed', async () => {
      for (const key of ['', '../up', 'a//b', '/absolute']) {
        await expect(world.signing.signGet(key, life)).rejects.toMatchObject({ type: 'validation-failed' });
        await expect(world.signing.signPut(key, life)).rejects.toMatchObject({ type: 'validation-failed' });
      }
    });

    describe('parts', () => {
      const key = 'parts/object';
      const whole = randomBytes(6 * 1024 ** 2 + 1000);
      const cut = 5 * 1024 ** 2;
      const pieces = [whole.subarray(0, cut), whole.subarray(cut)];

      test('make one object when completed, not before; again is harmless', async () => {
        const { parts } = world.signing;
        if (parts === null) return expect((await world.signing.signPut('parts/none', life)).method).toBe('PUT');
        const { uploadId } = await parts.begin(key);
        const done = [];
        for (const [index, piece] of pieces.entries()) {
          const content = contentOf(piece);
          const part = await parts.signPart(key, uploadId, { ...content, ...life, partNumber: index + 1 });
          const wrong = Buffer.from(piece);
          wrong[0] = (wrong[0] ?? 0) ^ 1;
          expect((await send(part, wrong)).status).toBe(400);
          const { status, etag } = await send(part, piece);
          expect(status).toBe(200);
          done.push({ etag, sha256: content.sha256 });
        }
        expect(await world.storage.head(key)).toBeNull();
        await parts.complete(key, uploadId, done);
        await parts.complete(key, uploadId, done);
        expect(whole.equals(await world.storage.read(key, whole.length))).toBe(true);
      });

      test('leave nothing when aborted; again is harmless', async () => {
        const { parts } = world.signing;
        if (parts === null) return expect((await world.signing.signPut('parts/none', life)).method).toBe('PUT');
        const { uploadId } = await parts.begin('parts/aborted');
        await parts.abort('parts/aborted', uploadId);
        await parts.abort('parts/aborted', uploadId);
        const done = [{ etag: `"${'0'.repeat(32)}"`, sha256: contentOf(whole).sha256 }];
        await expect(parts.complete('parts/aborted', uploadId, done)).rejects.toMatchObject({ type: 'not-found' });
        expect(await world.storage.head('parts/aborted')).toBeNull();
      });

      test('are large enough for objects of any size', () => {
        const { parts } = world.signing;
        for (const bytes of [1, 1e9, 5e12])
          expect(parts === null || parts.partBytesFor(bytes) * 10_000 >= bytes).toBe(true);
      });
    });
  });
}
