import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goTool } from '../../scripts/go-tools.mjs';
import { freePort } from '../../workers/up/ports.ts';
import { poll } from './poll.ts';

/** Versity's S3 server, which checks signatures, expiry, checksums and preconditions. */
export type S3Server = {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly bucket: string;
  /** Folder of the objects; each object is a file below its bucket's folder. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
};

/** Timeout for `beforeAll`: the build, once per machine, takes minutes. */
export const s3ServerTimeoutMs = 900_000;

export async function startS3Server(): Promise<S3Server> {
  const program = goTool(fileURLToPath(new URL('../../', import.meta.url)), 'versitygw');
  const root = mkdtempSync(join(tmpdir(), 'artenic-s3-'));
  const folder = join(root, 'data');
  const bucket = 'jobs';
  mkdirSync(join(folder, bucket), { recursive: true });
  const credentials = { accessKeyId: 'testaccess', secretAccessKey: 'testsecret123' };
  const port = await freePort();
  const child = spawn(program, ['--port', `127.0.0.1:${port}`, '--health', '/health', '--quiet', 'posix', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      HOME: root,
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
    },
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const exited = once(child, 'exit');
  const endpoint = `http://127.0.0.1:${port}`;
  await poll('the S3 server', 20_000, () => {
    if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}: ${complaint}`);
    return fetch(`${endpoint}/health`).then(
      ({ ok }) => (ok ? true : null),
      () => null,
    );
  });
  return {
    endpoint,
    credentials,
    bucket,
    folder: join(folder, bucket),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(root, { recursive: true, force: true });
    },
  };
}
