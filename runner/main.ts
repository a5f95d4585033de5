import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bootstrapSchema, type Bootstrap, type HelloResponse } from '@artenic/core';
import { createRunnerApi, FencedError, RefusedError, type RunnerApi } from './api-client.ts';
import { runAttempt } from './attempt.ts';
import { openControl } from './control.ts';
import { drain, retire } from './drain.ts';
import { complain } from './error-text.ts';
import { makeFolders } from './folders.ts';
import { sayHello } from './hello.ts';
import { writeMarker } from './last-word.ts';
import { createRunnerStore, type RunnerStore } from './object-store.ts';
import { Stopping } from './stopping.ts';
import { couldNotPrepare } from './verdict.ts';

/** The provider waits for it before it clears the machine. */
const drainLimitMs = 20_000;

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
  const hello = await begin({ bootstrap, api, store, stopping, attemptToken });
  // Kept until all is delivered: if we are killed, `--drain` comes as us.
  if (hello !== null) openControl(bootstrap.workDir).keepToken(attemptToken);
  const isDone =
    hello === null ||
    (await runAttempt({ bootstrap, hello, api, store, folders: makeFolders(bootstrap.workDir), stopping }));
  if (isDone) retire(bootstrapFile, bootstrap);
}

/** Null when there is nothing to do: stopped or fenced before it began, or refused, which is then the attempt's end. */
async function begin({ bootstrap, api, store, stopping, attemptToken }: Beginning): Promise<HelloResponse | null> {
  const waiting = new AbortController();
  const quiet = stopping.onRequest(() => waiting.abort());
  try {
    return await sayHello(api, bootstrap, attemptToken, waiting.signal);
  } catch (error) {
    if (waiting.signal.aborted || error instanceof FencedError) {
      complain('ended before it began', error);
      return null;
    }
    if (!(error instanceof RefusedError)) throw error;
    await writeMarker(store, bootstrap, {
      attemptId: bootstrap.attemptId,
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

async function mainDrain(bootstrapFile: string): Promise<void> {
  setTimeout(() => {
    process.stderr.write(`not everything could be delivered within ${drainLimitMs} ms\n`);
    process.exit(1);
  }, drainLimitMs);
  await drain(bootstrapFile);
}

const [first, second] = process.argv.slice(2);
const isDrain = first === '--drain';
const bootstrapFile = isDrain ? second : first;
if (bootstrapFile === undefined) {
  process.stderr.write('usage: node runner/main.ts [--drain] <bootstrap file>\n');
  process.exit(2);
}
try {
  await (isDrain ? mainDrain(bootstrapFile) : main(bootstrapFile));
  process.exit(0);
} catch (error) {
  process.stderr.write(
    `the runner failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
