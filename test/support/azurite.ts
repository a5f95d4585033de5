import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { nodeTool } from '../../scripts/node-tools.mjs';
import { startStorageServer } from './storage-server.ts';

/** Microsoft's azurite (MIT), which checks signatures of requests and of SAS, their end, MD5 and conditions. */
export type AzureServer = {
  /** URL of the account. */
  readonly endpoint: string;
  readonly account: string;
  readonly accountKey: string;
  readonly container: string;
  readonly stop: () => Promise<void>;
};

const container = 'jobs';

/** Timeout for `beforeAll`: the installation, once per machine, takes a minute or more. */
export const azureServerTimeoutMs = 900_000;

export async function startAzurite(): Promise<AzureServer> {
  const program = nodeTool(fileURLToPath(new URL('../../', import.meta.url)), 'azurite-blob');
  const account = 'artenictests';
  const accountKey = randomBytes(64).toString('base64');
  const server = await startStorageServer(
    process.execPath,
    (port) => [
      ...[program, '--silent', '--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry'],
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
    ],
    { HOME: tmpdir(), AZURITE_ACCOUNTS: `${account}:${accountKey}` },
    async (origin) => {
      const service = new BlobServiceClient(
        `${origin}/${account}`,
        new StorageSharedKeyCredential(account, accountKey),
        {
          retryOptions: { maxTries: 1 },
        },
      );
      await service.getContainerClient(container).createIfNotExists();
      return true;
    },
  );
  return { ...server, endpoint: `${server.endpoint}/${account}`, account, accountKey, container };
}
