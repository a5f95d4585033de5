import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import type { Bootstrap, CompletionMarker, HelloResponse, RunnerEvent } from '@artenic/core';
import type { RunnerApi } from './api-client.ts';
import { restoreCheckpoint, watchCheckpoints } from './checkpoints.ts';
import type { CommandEnd } from './command.ts';
import { commandEnvironment } from './environment.ts';
import type { Folders } from './folders.ts';
import { progressReader, startHeartbeat, type Phase } from './heartbeat.ts';
import { uploadOutputs, writeMarker } from './last-word.ts';
import { createMasker } from './masking.ts';
import { fetchMaterials, unpackPackage } from './materials.ts';
import type { RunnerStore } from './object-store.ts';
import { copyPrepared, prepare } from './setup.ts';
import { startShipper } from './shipper.ts';
import type { Stopping } from './stopping.ts';
import { train } from './train.ts';

export type AttemptParts = {
  readonly bootstrap: Bootstrap;
  readonly hello: HelloResponse;
  readonly api: RunnerApi;
  readonly store: RunnerStore;
  readonly folders: Folders;
  readonly stopping: Stopping;
};

/** After the end, logs and metrics get this long to reach an API that is away; they stay on this machine's disk. */
const drainPatienceMs = 600_000;

type Verdict = Pick<CompletionMarker, 'phase' | 'reason' | 'exitCode' | 'signal' | 'message'>;

function verdictOf(phase: 'setup' | 'training', end: CommandEnd, stopping: Stopping): Verdict {
  const how = end.signal === null ? `exit code ${end.exitCode}` : end.signal;
  const what = phase === 'setup' ? 'The setup' : 'The command';
  return {
    phase,
    reason: stopping.reason ?? 'exited',
    ...end,
    message: stopping.reason === null ? `${what} ended: ${how}.` : `${what} was stopped (${stopping.reason}): ${how}.`,
  };
}

/** One attempt from the materials to its last word. */
export async function runAttempt(parts: AttemptParts): Promise<void> {
  const { bootstrap, hello, api, store, folders, stopping } = parts;
  let phase: Phase = 'starting';
  const timings: Record<string, number> = {};
  const secrets = Object.values(hello.secrets);
  const onFenced = (): void => stopping.request('fenced');
  const shippers = [
    ['/logs?stream=setup', folders.logs.setup],
    ['/logs?stream=training', folders.logs.training],
    ['/metrics', folders.metrics],
  ].map(([route = '', path = '']) =>
    startShipper({ api, route, path, masker: createMasker(secrets), intervalMs: bootstrap.shipIntervalMs, onFenced }),
  );
  const heartbeat = startHeartbeat({
    bootstrap,
    api,
    stopping,
    phase: () => phase,
    progress: progressReader(folders.metrics),
  });
  const patience = new AbortController();
  stopping.onRequest((reason) => (reason === 'fenced' ? patience.abort() : undefined));
  const telling: Promise<unknown>[] = [];
  const tell = (event: RunnerEvent): void => {
    // Phases must arrive in their order, so each waits for the one before.
    const before = telling.at(-1) ?? Promise.resolve();
    telling.push(
      before.then(() => api.postUntilAnswered('/events', event, z.unknown(), patience.signal)).catch(() => undefined),
    );
  };
  const stopTimer = setTimeout(
    () => stopping.request('max-hours'),
    Math.min(Math.max(0, Date.parse(hello.stopAt) - Date.now()), 2 ** 31 - 1),
  );

  async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const result = await work();
    timings[name] = Math.round(performance.now() - startedMs);
    return result;
  }

  async function story(): Promise<{ readonly verdict: Verdict; readonly freeze: string | null }> {
    await timed('materials', () => fetchMaterials(store, hello.job, folders));
    if (hello.job.setup !== undefined || hello.job.environment.python !== undefined) {
      phase = 'setup';
      tell({ kind: 'phase', id: randomUUID(), phase: 'setup' });
    }
    const environmentFor = (venv: string | null): Record<string, string> =>
      commandEnvironment({ bootstrap, hello, folders, venv });
    const setup = await timed('setup', () =>
      prepare({
        job: hello.job,
        store,
        cacheDir: bootstrap.cacheDir,
        logFile: folders.logs.setup,
        stopping,
        environmentFor,
      }),
    );
    if (setup.kind === 'ended') return { verdict: verdictOf('setup', setup.end, stopping), freeze: null };
    if (setup.prepared !== null) await copyPrepared(setup.prepared, folders.package);
    else if (hello.job.package !== undefined) await unpackPackage(store, hello.job.package.sha256, folders.package);

    const say = (line: string): void => appendFileSync(folders.logs.training, `[artenic] ${line}\n`);
    const restored = await timed('restore', () =>
      restoreCheckpoint(store, hello.checkpoints, folders.checkpoints, say),
    );
    if (hello.checkpoints.length > 0)
      say(
        restored === null
          ? 'no whole checkpoint is left: starting from the beginning'
          : `going on from checkpoint ${restored}`,
      );
    phase = 'training';
    tell({ kind: 'phase', id: randomUUID(), phase: 'training', restoredFrom: restored });
    const checkpoints = watchCheckpoints({ bootstrap, store, api, folder: folders.checkpoints, restored, onFenced });
    const environment = environmentFor(setup.prepared?.venv ?? null);
    const end =
      stopping.reason === null
        ? await timed('training', () =>
            train({ job: hello.job, runId: bootstrap.jobId, folders, environment, stopping }),
          )
        : { exitCode: null, signal: null };
    phase = 'finishing';
    if (stopping.reason !== 'fenced') await checkpoints.finish();
    telling.push(checkpoints.drain(patience.signal));
    return { verdict: verdictOf('training', end, stopping), freeze: setup.prepared?.freeze ?? null };
  }

  const { verdict, freeze } = await story();
  clearTimeout(stopTimer);
  if (verdict.reason !== 'fenced') {
    const outputs = await timed('outputs', () => uploadOutputs(store, bootstrap, folders));
    await writeMarker(store, bootstrap, {
      attemptId: bootstrap.attemptId,
      ...verdict,
      outputs,
      setupFreeze: freeze,
      timings,
      finishedAt: new Date().toISOString(),
    });
  }
  // The last word is in storage; now whoever listens may hear the rest.
  const timer = setTimeout(() => patience.abort(), drainPatienceMs);
  if (stopping.reason === 'fenced') patience.abort();
  await Promise.all(shippers.map((shipper) => shipper.finish(patience.signal)));
  await Promise.all(telling);
  await heartbeat.stop();
  const last: RunnerEvent =
    verdict.reason === 'exited'
      ? { kind: 'exited', id: randomUUID(), exitCode: verdict.exitCode }
      : { kind: 'stopped', id: randomUUID(), reason: verdict.reason };
  if (!patience.signal.aborted) tell(last);
  await Promise.all(telling);
  clearTimeout(timer);
}
