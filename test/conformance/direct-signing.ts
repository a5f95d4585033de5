import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DirectSigning, ObjectStorage, SignedRequest } from '../../core/object-storage.ts';
import { poll } from '../support/poll.ts';
import { altered, send } from './object-signing.ts';

export type DirectSigningWorld = {
  readonly storage: ObjectStorage;
  readonly signing: DirectSigning;
  /** Signs for the same address with another secret. */
  readonly stranger: DirectSigning;
  /** Names of the query's signature and of its end. */
  readonly names: { readonly signature: string; readonly end: string };
  readonly close: () => Promise<void>;
};

const life = { expiresInSeconds: 300 };

/** Contract of signed requests to a storage that cannot hold an upload to a hash. */
export function describeDirectSigningConformance(name: string, make: () => Promise<DirectSigningWorld>): void {
  describe(`${name} keeps the contract of signed requests that are held to no content`, () => {
    let world: DirectSigningWorld;
    beforeAll(async () => {
      world = await make();
      await world.storage.put('signed/object', Buffer.from('0123456789'));
      await world.storage.put('signed/other', Buffer.from('of somebody else'));
    });
    afterAll(() => world.close());

    const text = async (key: string): Promise<string> => Buffer.from(await world.storage.read(key, 10_000)).toString();
    const refused = async (signed: SignedRequest, body?: Uint8Array): Promise<void> =>
      expect([signed.url, (await send(signed, body)).status]).toEqual([signed.url, 403]);

    test('a download gives the object, whole or in part, under any name', async () => {
      const signed = await world.signing.signGet('signed/object', life);
      expect(Date.parse(signed.expiresAt)).toBeGreaterThan(Date.now() + 290_000);
      expect(await send(signed)).toMatchObject({ status: 200, body: Buffer.from('0123456789') });
      const part = { status: 206, body: Buffer.from('23') };
      expect(await send(signed, undefined, { range: 'bytes=2-3' })).toMatchObject(part);
      for (const key of ['get/a b+c', 'get/ä/\u{1f600}', "get/100% (it's)!*", 'get/dot.']) {
        await world.storage.put(key, Buffer.from(key));
        expect((await send(await world.signing.signGet(key, life))).body.toString()).toBe(key);
      }
    });

    test('a download of an absent object is 404', async () => {
      expect((await send(await world.signing.signGet('signed/absent', life))).status).toBe(404);
    });

    test('an upload takes anything, and takes it again', async () => {
      for (const key of ['put/any', 'put/ä b+c']) {
        const signed = await world.signing.signAnyPut(key, life);
        for (const content of ['one', '', 'second']) {
          expect([200, 201]).toContain((await send(signed, Buffer.from(content))).status);
          expect(await text(key)).toBe(content);
        }
      }
    });

    test('another key or method is refused', async () => {
      const get = await world.signing.signGet('signed/object', life);
      const put = await world.signing.signAnyPut('put/mine', life);
      const toOther = (url: URL): void => {
        url.pathname = url.pathname.replace(/(signed\/object|put\/mine)$/, 'signed/other');
      };
      await refused(altered(get, toOther));
      await refused(altered(put, toOther), Buffer.from('overwritten'));
      await refused({ ...put, method: 'GET' });
      await refused({ ...get, method: 'PUT', headers: put.headers }, Buffer.from('x'));
      expect([await text('signed/other'), await text('signed/object')]).toEqual(['of somebody else', '0123456789']);
    });

    test('a changed signature or time, none, and that of another signer are refused', async () => {
      const { signature, end } = world.names;
      const signed = await world.signing.signGet('signed/object', life);
      await refused(
        altered(signed, ({ searchParams }) => {
          const value = searchParams.get(signature) ?? '';
          searchParams.set(signature, `${value.startsWith('a') ? 'b' : 'a'}${value.slice(1)}`);
        }),
      );
      await refused(
        altered(signed, ({ searchParams }) => {
          const value = searchParams.get(end) ?? '';
          searchParams.set(end, value.includes('-') ? value.replace('20', '21') : String(Number(value) + 1));
        }),
      );
      const bare = altered(signed, (url) => {
        url.search = '';
      });
      expect([401, 403, 404]).toContain((await send(bare)).status);
      await refused(await world.stranger.signGet('signed/object', life));
      await refused(await world.stranger.signAnyPut('put/stranger', life), Buffer.from('x'));
      expect(await world.storage.head('put/stranger')).toBeNull();
    });

    test('it ends when it should', async () => {
      const get = await world.signing.signGet('signed/object', { expiresInSeconds: 2 });
      const put = await world.signing.signAnyPut('put/late', { expiresInSeconds: 2 });
      expect((await send(get)).status).toBe(200);
      await poll('the end of a signed request', 10_000, async () => ((await send(get)).status === 403 ? true : null));
      await refused(put, Buffer.from('late'));
      expect(await world.storage.head('put/late')).toBeNull();
    });

    test('a key that is not valid cannot be signed', async () => {
      for (const key of ['', '../up', 'a//b', '/absolute']) {
        await expect(world.signing.signGet(key, life)).rejects.toMatchObject({ type: 'validation-failed' });
        await expect(world.signing.signAnyPut(key, life)).rejects.toMatchObject({ type: 'validation-failed' });
      }
    });
  });
}
