import { afterAll, beforeAll } from '@jest/globals';
import { createAzureStorage } from '../../../../activities/storage/azure/storage.ts';
import { describeDirectSigningConformance } from '../../../conformance/direct-signing.ts';
import { describeObjectStorageConformance } from '../../../conformance/object-storage.ts';
import { azureServerTimeoutMs, startAzurite, type AzureServer } from '../../../support/azurite.ts';

let server: AzureServer;
beforeAll(async () => {
  server = await startAzurite();
}, azureServerTimeoutMs);
afterAll(() => server.stop());

const close = async () => undefined;

// A block of 6 MiB and its copy in the SDK.
describeObjectStorageConformance(
  'Azure Blob Storage',
  async () => ({ storage: createAzureStorage({ ...server, prefix: 'conformance/' }), close }),
  45_000_000,
);

describeDirectSigningConformance('Azure Blob Storage', async () => {
  const storage = createAzureStorage({ ...server, prefix: 'signing/' });
  const stranger = createAzureStorage({
    ...server,
    prefix: 'signing/',
    accountKey: Buffer.alloc(64).toString('base64'),
  });
  return { storage, signing: storage, stranger, names: { signature: 'sig', end: 'se' }, close };
});
