import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname, platform } from 'node:os';
import { bootstrapSchema, helloResponseSchema, type Bootstrap, type HelloResponse } from '@artenic/core';
import { createRunnerApi, FencedError, RefusedError, type RunnerApi } from './api-client.ts';
import { runAttempt } from './attempt.ts';
import { complain } from './error-text.ts';
import { makeFolders } from './folders.ts';
import { writeMarker } from './last-word.ts';
import { createRunnerStore, type RunnerStore } from './object-store.ts';
import { Stopping } from './stopping.ts';
import { couldNotPrepare } from './verdict.ts';

/** A token that our API does not know stays unknown; only a stranger at its address is worth waiting for. */
const strangerMs = 60_000;

type Beginning = {
  readonly bootstrap: Bootstrap;
  readonly api: RunnerApi;
  readonly store: RunnerStore;
  readonly stopping: Stopping;
  readonly attemptToken: string;
};

/** The program beside the training: `node runner/main.ts <bootstrap file>`. */
async function main(bootstrapFile: string): Promise<void> {
  const bootstrap = bootstrapSchema.parse(JSON.parse(readFileSync(bootstrapFile, 'utf8')));
  const stopping = new Stopping();
  // A clean stop of the machine: as much time for a last checkpoint as a stop request gives.
  process.on('SIGTERM', () => stopping.request('stop-requested'));
  process.on('SIGINT', () => stopping.request('stop-requested'));
  const attemptToken = randomBytes(32).toString('base64url');
  const api = createRunnerApi(bootstrap, attemptToken);
  const store = createRunnerStore(bootstrap.storage);
  const hello = await sayHello({ bootstrap, api, store, stopping, attemptToken });
  if (hello === null) return;
  // Used up: what stays on the disk opens nothing.
  writeFileSync(bootstrapFile, JSON.stringify({ ...bootstrap, bootstrapToken: 'used' }), { mode: 0o600 });
  await runAttempt({ bootstrap, hello, api, store, folders: makeFolders(bootstrap.workDir), stopping });
}

/** Null when there is nothing to do: stopped or fenced before it began, or refused, which is then the attempt's end. */
async function sayHello({ bootstrap, api, store, stopping, attemptToken }: Beginning): Promise<HelloResponse | null> {
  const { attemptId, bootstrapToken } = bootstrap;
  const host = { hostname: hostname(), platform: platform(), cores: availableParallelism(), pid: process.pid };
  const waiting = new AbortController();
  const quiet = stopping.onRequest(() => waiting.abort());
  try {
    return await api.postUntilAnswered(
      '/hello',
      { attemptId, bootstrapToken, attemptToken, host },
      helloResponseSchema,
      { signal: waiting.signal, strangerMs },
    );
  } catch (error) {
    if (waiting.signal.aborted || error instanceof FencedError) {
      complain('ended before it began', error);
      return null;
    }
    if (!(error instanceof RefusedError)) throw error;
    await writeMarker(store, bootstrap, {
      attemptId,
      ...couldNotPrepare(error.message),
      outputs: [],
      setupFreeze: null,
      timings: {},
      finishedAt: new Date().toISOString(),
    });
    complain('refused', error);
    return null;
  } finally {
    quiet();
  }
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
  process.stderr.write(
    `the runner failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
