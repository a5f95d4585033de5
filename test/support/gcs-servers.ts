import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goTool } from '../../scripts/go-tools.mjs';
import { pythonTool } from '../../scripts/python-tools.mjs';
import { startStorageServer } from './storage-server.ts';

export type GcsServer = {
  readonly endpoint: string;
  readonly bucket: string;
  readonly stop: () => Promise<void>;
};

/** Timeout for `beforeAll`: the build, once per machine, takes minutes. */
export const gcsServerTimeoutMs = 900_000;
const root = fileURLToPath(new URL('../../', import.meta.url));
const bucket = 'jobs';

/** A service account that only tests know. */
export function serviceAccount(): {
  readonly credentials: { readonly client_email: string; readonly private_key: string };
  readonly publicKey: string;
} {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { credentials: { client_email: 'tests@project.iam.gserviceaccount.com', private_key: privateKey }, publicKey };
}

/**
 * fake-gcs-server (fsouza, BSD-2), which honours preconditions and pages. It answers the question for the state of an
 * upload wrongly, and checks no signature.
 */
export function startFakeGcsServer(): Promise<GcsServer> {
  return start(goTool(root, 'fake-gcs-server'), (port) => [
    ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory', '-log-level', 'error'],
    ...['-external-url', `http://127.0.0.1:${port}`, '-public-host', `127.0.0.1:${port}`],
  ]);
}

/**
 * gcp-storage-emulator (oittaa, BSD), which continues uploads as Google does. It ignores preconditions and checks no
 * signature.
 */
export function startGcpStorageEmulator(): Promise<GcsServer> {
  return start(join(pythonTool(root, 'gcp-storage-emulator'), 'gcp-storage-emulator'), (port) => [
    ...['start', '--host', '127.0.0.1', '--port', String(port), '--in-memory'],
  ]);
}

async function start(program: string, args: (port: number) => readonly string[]): Promise<GcsServer> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  // both servers are ready when they accept the bucket
  const server = await startStorageServer(program, args, env, async (endpoint) => {
    const { ok, status } = await fetch(`${endpoint}/storage/v1/b?project=test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: bucket }),
    });
    return ok || status === 409;
  });
  return { ...server, bucket };
}
