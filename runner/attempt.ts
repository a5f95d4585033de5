import { randomUUID } from 'node:crypto';
import { objectKeys, type Bootstrap, type HelloResponse, type RunnerEvent } from '@artenic/core';
import { FencedError, type RunnerApi } from './report/api-client.ts';
import { watchCheckpoints, type CheckpointWatch } from './checkpoints/checkpoints.ts';
import { cacheBytes } from './data/cache-bytes.ts';
import { fetchData } from './data/fetch-data.ts';
import type { CommandEnd } from './process/command.ts';
import { openControl } from './report/control.ts';
import { commandEnvironment } from './process/environment.ts';
import { complain, messageOf } from './error-text.ts';
import type { Folders } from './folders.ts';
import { sayIn } from './report/journal.ts';
import { maskedManifest, type Mask } from './secrets/masking.ts';
import { insistOnMarker, uploadOutputs, type StoredOutputs } from './report/last-word.ts';
import { unpackPackage } from './setup/materials.ts';
import type { RunnerStore } from './storage/object-store.ts';
import type { Notices } from './notices/notices.ts';
import { phaseEvent, startReporting, type Reporting } from './report/reporting.ts';
import { restoreCheckpoint } from './checkpoints/restore.ts';
import { copyPrepared, prepare, type Prepared } from './setup/setup.ts';
import type { Stopping } from './process/stopping.ts';
import { createStopwatch, type Stopwatch } from './stopwatch.ts';
import { train } from './process/train.ts';
import { layerVenv } from './setup/venv-layer.ts';
import { couldNotPrepare, verdictOf, type Verdict } from './verdict.ts';

export type AttemptParts = {
  readonly bootstrap: Bootstrap;
  readonly hello: HelloResponse;
  readonly api: RunnerApi;
  readonly store: RunnerStore;
  readonly folders: Folders;
  readonly stopping: Stopping;
  readonly notices: Notices;
  /** Bytes of files that have been read or stored so far. */
  readonly movedBytes: () => number;
  /** Applied to all text that leaves the machine, except the shipped streams, which mask themselves. */
  readonly mask: Mask;
  /** Aborted when the attempt is fenced: no further result of it is wanted. */
  readonly unwanted: AbortSignal;
};

/** The completion marker's limit for this field. */
const longestFreeze = 1_000_000;

/**
 * Runs one attempt, from fetching its materials to its last event. False when a part of its data could not be
 * delivered.
 */
export async function runAttempt(parts: AttemptParts): Promise<boolean> {
  const { bootstrap, store, stopping } = parts;
  // Get the signed request for the marker now: writing the marker must not depend on the API.
  store.expect([objectKeys.completion(bootstrap.jobId, bootstrap.attempt)]);
  const reporting = startReporting(parts);
  const watch = createStopwatch();
  const stopTimer = stopping.requestAt('max-hours', new Date(parts.hello.stopAt));
  tellOfNotices(parts, reporting);
  const { verdict, freeze } = await new AttemptStory(parts, reporting, watch).run();
  stopTimer.cancel();
  reporting.enter('finishing');
  const stored = stopping.reason === 'fenced' ? null : await storedOrFenced(parts, watch);
  if (stored === null) {
    await reporting.abandon();
    return true;
  }
  reporting.commit();
  const { attemptId } = bootstrap;
  const message = parts.mask(verdict.message);
  const setupFreeze = freeze === null ? null : parts.mask(freeze).slice(0, longestFreeze);
  const ending = { attemptId, ...verdict, message, ...stored, setupFreeze, timings: watch.timings() };
  await insistOnMarker(store, bootstrap, { ...ending, finishedAt: new Date().toISOString() }, parts.unwanted);
  // The marker is in storage, so the API may now receive the rest.
  return reporting.finish(lastEvent(verdict));
}

/**
 * Reports notices at once, so that the workflow looks for a replacement while the last checkpoint is still being
 * written.
 */
function tellOfNotices({ notices, folders }: AttemptParts, reporting: Reporting): void {
  const say = sayIn(folders);
  notices.onNotice((deadline) => {
    const deadlineAt = deadline.toISOString();
    reporting.tell('/events', { kind: 'notice', id: randomUUID(), deadlineAt });
    say(`the provider reclaims this machine at ${deadlineAt}: stopping with a last checkpoint`);
  });
  notices.onRebalance((since) => {
    reporting.tell('/events', { kind: 'rebalance', id: randomUUID(), since: since.toISOString() });
    say('the provider may reclaim this machine soon');
  });
}

/** Null when the attempt is fenced. */
async function storedOrFenced(
  { bootstrap, hello, store, folders, stopping, mask, unwanted }: AttemptParts,
  watch: Stopwatch,
): Promise<StoredOutputs | null> {
  const say = sayIn(folders);
  // Do not mask the declared name of the model: it is public in the job, and the model is found by it.
  const modelPath = hello.job.outputs.model?.path ?? 'model.onnx';
  const nameOf = (name: string): string => (name === modelPath ? name : mask(name));
  try {
    const stored = await watch.time('outputs', () => uploadOutputs({ store, bootstrap, folders, nameOf, unwanted }));
    for (const { path, reason } of stored.notKept?.files ?? []) say(`output ${path} is not kept: ${reason}`);
    return stopping.reason === 'fenced' ? null : stored;
  } catch (error) {
    if (error instanceof FencedError) return null;
    throw error;
  }
}

function lastEvent({ reason, exitCode }: Verdict): RunnerEvent {
  const id = randomUUID();
  return reason === 'exited' ? { kind: 'exited', id, exitCode } : { kind: 'stopped', id, reason };
}

type Ending = { readonly verdict: Verdict; readonly freeze: string | null };

class AttemptStory {
  readonly #parts: AttemptParts;
  readonly #reporting: Reporting;
  readonly #watch: Stopwatch;
  readonly #secrets: readonly string[];
  readonly #say: (line: string) => void;

  constructor(parts: AttemptParts, reporting: Reporting, watch: Stopwatch) {
    this.#parts = parts;
    this.#reporting = reporting;
    this.#watch = watch;
    this.#secrets = Object.values(parts.hello.secrets);
    this.#say = sayIn(parts.folders);
  }

  /** Always ends in a verdict: an attempt without a verdict is run again. */
  async run(): Promise<Ending> {
    let freeze: string | null = null;
    try {
      const result = await this.#prepare();
      if ('verdict' in result) return result;
      freeze = result.prepared?.freeze ?? null;
      return { verdict: await this.#train(result.prepared), freeze };
    } catch (error) {
      // For example a broken package or a full disk: another attempt on this machine would fail the same way.
      complain('preparing', error);
      return { verdict: couldNotPrepare(messageOf(error), this.#parts.stopping.reason), freeze };
    }
  }

  async #prepare(): Promise<Ending | { readonly prepared: Prepared | null }> {
    const { bootstrap, hello, store, folders, stopping } = this.#parts;
    const { job } = hello;
    await this.#watch.time('materials', () => this.#fetchData());
    if (job.setup !== undefined || job.environment.python !== undefined) {
      this.#reporting.enter('setup');
      this.#reporting.tell('/events', phaseEvent('setup'));
    }
    const logFile = folders.logs.setup;
    const environmentFor = (venv: string | null) => this.#environment(venv);
    const setup = await this.#watch.time('setup', () =>
      prepare({ job, store, secrets: hello.secrets, cacheDir: bootstrap.cacheDir, logFile, stopping, environmentFor }),
    );
    if (setup.kind === 'ended') {
      const end = { phase: 'setup', ...setup.end, stoppedFor: stopping.reason, why: setup.why, logFile } as const;
      return { verdict: await verdictOf(end, this.#secrets), freeze: null };
    }
    if (setup.prepared !== null) {
      await copyPrepared(setup.prepared, folders.package);
      if (setup.prepared.venv !== null) await layerVenv(setup.prepared.venv, folders.venv);
    } else if (job.package !== undefined) await unpackPackage(store, job.package.sha256, folders.package);
    return { prepared: setup.prepared };
  }

  async #fetchData(): Promise<void> {
    const { bootstrap, hello, api, store, folders, stopping, unwanted } = this.#parts;
    const stopped = new AbortController();
    stopping.onRequest(() => stopped.abort(new Error('the attempt was stopped while its data was fetched')));
    await fetchData({
      ...{ job: hello.job, api, store, folders, cacheDir: bootstrap.cacheDir, cacheBytes: cacheBytes(process.env) },
      unwanted: AbortSignal.any([unwanted, stopped.signal]),
      say: this.#say,
    });
  }

  async #train(prepared: Prepared | null): Promise<Verdict> {
    const { bootstrap, hello, store, folders, stopping } = this.#parts;
    const restored = await this.#watch.time('restore', () => this.#restore());
    this.#reporting.enter('training');
    this.#reporting.tell('/events', phaseEvent('training', restored === null ? null : this.#parts.mask(restored)));
    const checkpoints = await watchCheckpoints({
      bootstrap,
      store,
      control: openControl(folders.root),
      folder: folders.checkpoints,
      onUploaded: (manifest) => this.#reporting.tell('/checkpoints', maskedManifest(manifest, this.#parts.mask)),
      say: this.#say,
    });
    const environment = this.#environment((prepared?.venv ?? null) === null ? null : folders.venv);
    let end: CommandEnd = { exitCode: null, signal: null };
    try {
      if (stopping.reason === null)
        end = await this.#watch.time('training', () =>
          train({ job: hello.job, runId: bootstrap.jobId, folders, environment, stopping }),
        );
    } catch (error) {
      checkpoints.abandon();
      throw error;
    }
    // A stop that is requested after this point did not end the command.
    const stoppedFor = stopping.reason;
    this.#reporting.enter('finishing');
    if (stoppedFor === 'fenced') checkpoints.abandon();
    else await this.#finish(checkpoints, end);
    return verdictOf(
      { phase: 'training', ...end, stoppedFor, why: null, logFile: folders.logs.training },
      this.#secrets,
    );
  }

  /** The command has ended: a failure in here must not lose its verdict. */
  async #finish(checkpoints: CheckpointWatch, { exitCode }: CommandEnd): Promise<void> {
    try {
      await checkpoints.finish(exitCode === 0);
    } catch (error) {
      this.#say(`the last checkpoints could not be kept: ${messageOf(error)}`);
    }
  }

  async #restore(): Promise<string | null> {
    const { hello, store, folders } = this.#parts;
    const restored = await restoreCheckpoint(store, hello.checkpoints, folders.checkpoints, this.#say);
    if (hello.checkpoints.length > 0)
      this.#say(
        restored === null
          ? 'no whole checkpoint is left: starting from the beginning'
          : `resuming from checkpoint ${restored}`,
      );
    return restored;
  }

  #environment(venv: string | null): Readonly<Record<string, string>> {
    const { bootstrap, hello, folders } = this.#parts;
    return commandEnvironment({ bootstrap, hello, folders, venv });
  }
}
