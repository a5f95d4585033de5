import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname, platform } from 'node:os';
import { bootstrapSchema, helloResponseSchema, type Bootstrap } from '@artenic/core';
import { createRunnerApi, FencedError } from './api-client.ts';
import { runAttempt } from './attempt.ts';
import { makeFolders } from './folders.ts';
import { createRunnerStore } from './object-store.ts';
import { Stopping } from './stopping.ts';

/** The program beside the training: `node runner/main.ts <bootstrap file>`. */
async function main(bootstrapFile: string): Promise<void> {
  const bootstrap: Bootstrap = bootstrapSchema.parse(JSON.parse(readFileSync(bootstrapFile, 'utf8')));
  const attemptToken = randomBytes(32).toString('base64url');
  const stopping = new Stopping();
  // A clean stop of the machine: as much time for a last checkpoint as a stop request gives.
  process.on('SIGTERM', () => stopping.request('stop-requested'));
  process.on('SIGINT', () => stopping.request('stop-requested'));
  const folders = makeFolders(bootstrap.workDir);
  const api = createRunnerApi(bootstrap, attemptToken);
  const waiting = new AbortController();
  const quiet = stopping.onRequest(() => waiting.abort());
  const host = { hostname: hostname(), platform: platform(), cores: availableParallelism(), pid: process.pid };
  const hello = await api.postUntilAnswered(
    '/hello',
    { attemptId: bootstrap.attemptId, bootstrapToken: bootstrap.bootstrapToken, attemptToken, host },
    helloResponseSchema,
    waiting.signal,
  );
  quiet();
  // Used up: what stays on the disk opens nothing.
  writeFileSync(bootstrapFile, JSON.stringify({ ...bootstrap, bootstrapToken: 'used' }), { mode: 0o600 });
  await runAttempt({ bootstrap, hello, api, store: createRunnerStore(bootstrap.storage), folders, stopping });
}

const [bootstrapFile] = process.argv.slice(2);
if (bootstrapFile === undefined) {
  process.stderr.write('usage: node runner/main.ts <bootstrap file>\n');
  process.exit(2);
}
try {
  await main(bootstrapFile);
  process.exit(0);
} catch (error) {
  const wanted = error instanceof FencedError || (error as Error).name === 'AbortError';
  process.stderr.write(
    `${wanted ? 'ended before it began' : 'the runner failed'}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(wanted ? 0 : 1);
}
