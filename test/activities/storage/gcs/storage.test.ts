import { afterAll, beforeAll } from '@jest/globals';
import { createGcsStorage } from '../../../../activities/storage/gcs/storage.ts';
import { describeDirectSigningConformance } from '../../../conformance/direct-signing.ts';
import { describeObjectStorageConformance } from '../../../conformance/object-storage.ts';
import {
  gcsServerTimeoutMs,
  serviceAccount,
  startFakeGcsServer,
  type GcsServer,
} from '../../../support/gcs-servers.ts';
import { startSignatureJudge } from '../../../support/google-signatures.ts';

let server: GcsServer;
beforeAll(async () => {
  server = await startFakeGcsServer();
}, gcsServerTimeoutMs);
afterAll(() => server.stop());

const close = async () => undefined;

// A block of 6 MiB, which fetch copies.
describeObjectStorageConformance(
  'Google Cloud Storage',
  async () => ({ storage: createGcsStorage({ ...server, prefix: 'conformance/' }), close }),
  45_000_000,
);

// No server that can be had checks Google's signatures, so a judge in front of it does.
describeDirectSigningConformance('Google Cloud Storage', async () => {
  const { credentials, publicKey } = serviceAccount();
  const judge = await startSignatureJudge(server.endpoint, publicKey, credentials.client_email);
  const open = (account: typeof credentials) =>
    createGcsStorage({ ...server, prefix: 'signing/', publicEndpoint: judge.url, credentials: account });
  const storage = open(credentials);
  return {
    storage,
    signing: storage,
    stranger: open(serviceAccount().credentials),
    names: { signature: 'X-Goog-Signature', end: 'X-Goog-Expires' },
    close: async () => judge.close(),
  };
});
