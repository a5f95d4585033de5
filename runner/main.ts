import { randomBytes } from 'node:crypto';
import type { Bootstrap, HelloResponse } from '@artenic/core';
import { createRunnerApi, FencedError, RefusedError, type RunnerApi } from './report/api-client.ts';
import { runAttempt } from './attempt.ts';
import { readBootstrap } from './bootstrap.ts';
import { openControl } from './report/control.ts';
import { drain, retire } from './report/drain.ts';
import { complain, hideInConsole, messageOf, writeToConsole } from './error-text.ts';
import { makeFolders, type Folders } from './folders.ts';
import { sendHello } from './report/hello.ts';
import { sayIn } from './report/journal.ts';
import { writeMarker } from './report/last-word.ts';
import { createMask } from './secrets/masking.ts';
import { Notices } from './notices/notices.ts';
import { protocolOf } from './notices/protocols.ts';
import type { StoreParts } from './storage/object-store.ts';
import { createRunnerStore } from './storage/open-store.ts';
import { Stopping, type StopReason } from './process/stopping.ts';
import { couldNotPrepare } from './verdict.ts';

// Make all files that the runner writes readable for its own user only.
process.umask(0o077);

/** The provider waits this long before it clears the machine. */
const drainLimitMs = 20_000;
/** Time to write the marker of an attempt that the API has refused: the API may refuse that request, too. */
const refusedPatienceMs = 60_000;

type Beginning = {
  readonly bootstrap: Bootstrap;
  readonly api: RunnerApi;
  readonly storeParts: StoreParts;
  readonly stopping: Stopping;
  readonly attemptToken: string;
};

/** The program beside the training: `node runner/main.ts <bootstrap file>`. */
async function main(bootstrapFile: string): Promise<void> {
  const stopping = new Stopping();
  // A provider's notice stops the command as a stop request does, with the same grace for a last checkpoint.
  const notices = new Notices(protocolOf(process.env));
  notices.onNotice((deadline) => stopping.requestBy(deadline));
  // A preempted machine often receives a signal first; the metadata gives the reason and the time that is left.
  process.on('SIGTERM', () => void notices.look().then(() => stopping.request('stop-requested')));
  process.on('SIGINT', () => stopping.request('stop-requested'));
  const bootstrap = await readBootstrap(
    bootstrapFile,
    whenRequested(stopping, () => true),
  );
  const attemptToken = randomBytes(32).toString('base64url');
  const api = createRunnerApi(bootstrap, attemptToken);
  const storeParts: StoreParts = {
    bootstrap,
    api,
    onFenced: () => stopping.request('fenced'),
    unwanted: whenRequested(stopping, (reason) => reason === 'fenced'),
  };
  const hello = await begin({ bootstrap, api, storeParts, stopping, attemptToken });
  const isDone =
    hello === null || (await runOn({ bootstrap, api, storeParts, stopping, attemptToken }, hello, notices));
  notices.stop();
  if (isDone) retire(bootstrapFile, bootstrap);
}

/** False when a part of the attempt's data could not be delivered. */
async function runOn(
  { bootstrap, api, storeParts, stopping, attemptToken }: Beginning,
  hello: HelloResponse,
  notices: Notices,
): Promise<boolean> {
  let folders: Folders;
  const mask = createMask(Object.values(hello.secrets));
  hideInConsole(mask);
  try {
    folders = makeFolders(bootstrap.workDir);
    // Kept until everything is delivered: if this runner is killed, `--drain` uses the token to act in its place.
    openControl(bootstrap.workDir).keepToken(attemptToken);
  } catch (error) {
    // For example a full disk: without a verdict, the next attempt would fail the same way.
    complain('preparing', error);
    await endUnprepared(bootstrap, storeParts, mask(messageOf(error)));
    return true;
  }
  let moved = 0;
  const onMoved = (bytes: number): void => void (moved += bytes);
  const store = createRunnerStore({ ...storeParts, onWaiting: sayIn(folders), onMoved });
  const { unwanted } = storeParts;
  return runAttempt({
    bootstrap,
    hello,
    api,
    store,
    folders,
    stopping,
    notices,
    movedBytes: () => moved,
    mask,
    unwanted,
  });
}

async function endUnprepared(bootstrap: Bootstrap, storeParts: StoreParts, message: string): Promise<void> {
  await writeMarker(createRunnerStore(storeParts), bootstrap, {
    attemptId: bootstrap.attemptId,
    ...couldNotPrepare(message),
    outputs: [],
    setupFreeze: null,
    timings: {},
    finishedAt: new Date().toISOString(),
  });
}

/**
 * Null when the attempt is not to be run: stopped or fenced before it began, or refused, which then is the attempt's
 * end.
 */
async function begin({ bootstrap, api, storeParts, stopping, attemptToken }: Beginning): Promise<HelloResponse | null> {
  const stopped = whenRequested(stopping, () => true);
  try {
    return await sendHello(api, bootstrap, attemptToken, stopped);
  } catch (error) {
    if (stopped.aborted || error instanceof FencedError) {
      complain('ended before it started', error);
      return null;
    }
    if (!(error instanceof RefusedError)) throw error;
    const unwanted = AbortSignal.any([storeParts.unwanted, AbortSignal.timeout(refusedPatienceMs)]);
    await endUnprepared(bootstrap, { ...storeParts, unwanted }, error.message);
    complain('refused', error);
    return null;
  }
}

/** Signal that aborts on a stop request whose reason `counts`. */
function whenRequested(stopping: Stopping, counts: (reason: StopReason) => boolean): AbortSignal {
  const controller = new AbortController();
  stopping.onRequest((reason) => {
    if (counts(reason)) controller.abort();
  });
  return controller.signal;
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
  writeToConsole(`the runner failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exit(1);
}
