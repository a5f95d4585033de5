import { expect, test } from '@jest/globals';
import { createAzureStorage } from '../../../activities/storage/azure/storage.ts';
import { createGcsStorage } from '../../../activities/storage/gcs/storage.ts';
import { createOwnUrls } from '../../../activities/storage/own-urls.ts';
import { withOwnUploads } from '../../../activities/storage/partly-signed.ts';
import { defaultStorageOption } from '../../../core/storage-options.ts';
import { serviceAccount } from '../../support/gcs-servers.ts';

const place = { prefix: '', endpoint: 'http://127.0.0.1:1/account1' };
const accountKey = Buffer.alloc(64).toString('base64');
const storages = {
  gcs: createGcsStorage({ ...place, bucket: 'jobs', credentials: serviceAccount().credentials }),
  azure: createAzureStorage({ ...place, account: 'account1', container: 'jobs', accountKey }),
} as const;

test.each(['gcs', 'azure'] as const)('signed requests of %s go where its option says', async (kind) => {
  const api = 'http://127.0.0.1:2';
  const own = createOwnUrls({ baseUrl: api, secret: new Uint8Array(32), now: () => new Date() });
  const signing = withOwnUploads(storages[kind], own);
  const life = { expiresInSeconds: 60 };
  const content = { bytes: 1, sha256: '0'.repeat(64) };
  const held = await signing.signPut('a', { ...life, content });
  const isDirect = ({ url }: { readonly url: string }): boolean => !url.startsWith(api);
  expect(defaultStorageOption(kind)).toMatchObject({
    directDownloads: isDirect(await signing.signGet('a', life)),
    directUploads: isDirect(held),
    parts: signing.parts !== null,
  });
  expect(isDirect(await signing.signPut('a', life))).toBe(true);
  const { searchParams } = new URL(held.url);
  expect(
    own.verify('PUT', 'a', {
      expires: Number(searchParams.get('expires')),
      ...content,
      signature: searchParams.get('signature') ?? '',
    }),
  ).toEqual(content);
});
