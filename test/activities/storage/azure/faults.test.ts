import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAzureStorage } from '../../../../activities/storage/azure/storage.ts';
import { describeStorageFaults } from '../../../conformance/storage-faults.ts';
import { azureServerTimeoutMs, startAzurite, type AzureServer } from '../../../support/azurite.ts';

let server: AzureServer;
beforeAll(async () => {
  server = await startAzurite();
}, azureServerTimeoutMs);
afterAll(() => server.stop());

describeStorageFaults(
  'Azure Blob Storage',
  async () => {
    const { account, endpoint } = server;
    return {
      endpoint,
      stop: async () => undefined,
      open: (address, limits) =>
        createAzureStorage({ ...server, endpoint: `${address}/${account}`, prefix: 'faults/' }, limits),
    };
  },
  {
    isWrite: ({ method, url }) => method === 'PUT' && url?.includes('comp=') === false,
    steps: [
      ['first block', ({ url }) => url?.includes('comp=block&') === true],
      ['list of blocks', ({ url }) => url?.includes('comp=blocklist') === true],
    ],
    hasConditions: true,
    refusal: (status, code) => ({
      status,
      type: 'application/xml',
      headers: { 'x-ms-error-code': code },
      body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>so it is</Message></Error>`,
    }),
    refusals: [
      [503, 'ServerBusy', 'rate-limited'],
      [500, 'InternalError', 'unavailable'],
      [403, 'AuthenticationFailed', 'unavailable'],
      [404, 'ContainerNotFound', 'unavailable'],
      [400, 'Md5Mismatch', 'validation-failed'],
      [400, 'SomethingNew', 'invalid-request'],
      [413, 'RequestBodyTooLarge', 'payload-too-large'],
    ],
  },
  azureServerTimeoutMs,
);

test('a wrong key and a container that does not exist are `unavailable`, and the answer says which', async () => {
  const accountKey = Buffer.alloc(64).toString('base64');
  const wrong = createAzureStorage({ ...server, accountKey, prefix: '' });
  await expect(wrong.put('a', Buffer.from('x'))).rejects.toMatchObject({
    type: 'unavailable',
    message: expect.stringMatching(/AuthorizationFailure|AuthenticationFailed/),
  });
  const absent = createAzureStorage({ ...server, container: 'absent', prefix: '' });
  for (const work of [() => absent.list(''), () => absent.get('a'), () => absent.put('a', Buffer.from('x'))])
    await expect(work()).rejects.toMatchObject({
      type: 'unavailable',
      message: expect.stringContaining('ContainerNotFound'),
    });
});
