import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LogPage } from '@artenic/core';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { defaultLimits } from '../../api/deps.ts';
import { keepLogs } from '../../app/logs/keeper.ts';
import { outsideTransactions } from '../../store/transaction-scope.ts';
import { poll } from '../support/poll.ts';
import { ApiWorld, RecordedTemporal, type Answer, type Runner } from './harness.ts';

/** More attempts than the pool has connections: if each held a connection, none would be left. */
const talkative = 14;
const piece = 'a line of a log\n'.repeat(100);
const limits = { ...defaultLimits, logObjectBytes: 1000, logTailBytes: 4000 };

let folder: string;
let world: ApiWorld;
let stalled: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
let waiting = 0;

/** Resolves only after the stall. */
async function stall(): Promise<void> {
  waiting++;
  await stalled?.promise;
  waiting--;
}

function stallingTemporal(): RecordedTemporal {
  const temporal = new RecordedTemporal();
  const { signalRunnerEvent, startTrainingJob, cancelTrainingJob } = temporal;
  return Object.assign(temporal, {
    signalRunnerEvent: (...args: unknown[]) => stall().then(() => signalRunnerEvent(...args)),
    startTrainingJob: (...args: unknown[]) => stall().then(() => startTrainingJob(...args)),
    cancelTrainingJob: (...args: unknown[]) => stall().then(() => cancelTrainingJob(...args)),
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artenic-stalls-'));
  const storage = createFilesystemStorage({ root: folder });
  world = await ApiWorld.start({
    limits,
    storage: { ...storage, put: (...args) => stall().then(() => storage.put(...args)) },
    temporal: stallingTemporal(),
  });
});
afterAll(async () => {
  stalled?.resolve();
  await world.close();
  await rm(folder, { recursive: true });
});

test('storage and Temporal stall under talkative jobs: heartbeats, submits, cancels and reads are answered', async () => {
  const runners: Runner[] = [];
  for (let index = 0; index < talkative; index++) runners.push(await world.startRunner());
  stalled = Promise.withResolvers<void>();
  const left = waiting;
  const events = runners.map((runner, index) =>
    world.ship(runner, 'events', { kind: 'phase', id: `p${index}`, phase: 'setup' }),
  );
  const ship = (runner: Runner, offset: number): Promise<Answer> =>
    world.ship(runner, `logs?stream=training&offset=${offset}`, piece);
  for (const offset of [0, piece.length, 2 * piece.length]) {
    const answers = await Promise.all(runners.map((runner) => ship(runner, offset)));
    expect(answers.map(({ status }) => status)).toEqual(runners.map(() => 200));
  }
  // The runner keeps the rest.
  expect((await ship(runners[0] as Runner, 3 * piece.length)).status).toBe(503);
  await poll('stalled calls', 10_000, () => (waiting - left > talkative ? true : null));

  // None of these requests waits for the end of the stall, which comes below.
  for (const runner of runners)
    expect((await world.ship(runner, 'heartbeat', { phase: 'training', progress: 0.5 })).status).toBe(200);
  for (const { jobId } of runners) expect((await world.call('GET', `/api/v1/jobs/${jobId}`)).status).toBe(200);
  const body = { service: 'penguins', command: 'train' };
  expect((await world.call('POST', '/api/v1/jobs', { body })).status).toBe(202);
  const { jobId } = runners[1] as Runner;
  expect((await world.call('POST', `/api/v1/jobs/${jobId}/cancel`)).status).toBe(202);
  const page = (await world.call('GET', `/api/v1/jobs/${jobId}/logs`)).json<LogPage>();
  expect(page.text).toBe(piece.repeat(3));

  stalled.resolve();
  expect((await Promise.all(events)).map(({ status }) => status)).toEqual(runners.map(() => 200));
  await poll('objects', 20_000, async () => {
    await keepLogs({ ...world.deps, store: world.store }, { oldestTailMs: -1000 });
    const ends = await Promise.all(
      runners.map(({ attemptId }) => world.store.streams.end({ attemptId, stream: 'training' })),
    );
    return ends.every(({ tailBytes }) => tailBytes === 0) ? true : null;
  });
  for (const runner of runners) {
    const log = await world.call('GET', `/api/v1/jobs/${runner.jobId}/logs?limitBytes=100000`);
    expect(log.json<LogPage>().text).toBe(piece.repeat(3));
    expect((await ship(runner, 3 * piece.length)).status).toBe(200);
  }
});

test('another server cannot be called inside a transaction', async () => {
  const storage = outsideTransactions('storage', world.deps.storage);
  expect(await storage.head('nothing')).toBeNull();
  await expect(world.store.transaction(async () => storage.head('nothing'))).rejects.toMatchObject({
    type: 'internal',
    message: 'storage.head was called inside a database transaction.',
  });
});

test("a transaction that locks a job's row behind one of its attempts, or either behind a dataset, is refused", async () => {
  const { attemptId, jobId } = await world.startRunner();
  const { store } = world;
  const attempt = (one: typeof store) => one.attempts.release(attemptId, new Date());
  const job = (one: typeof store) => one.jobs.moveFence(jobId, 1);
  await store.transaction(async (inside) => {
    await job({ ...store, ...inside });
    await attempt({ ...store, ...inside });
    await job({ ...store, ...inside });
  });
  const behind = store.transaction(async (inside) => {
    await attempt({ ...store, ...inside });
    await job({ ...store, ...inside });
  });
  await expect(behind).rejects.toMatchObject({ type: 'internal' });
  const id = `locks-${attemptId}`.slice(0, 60);
  const common = { projectId: 'default', name: id, description: '', createdBy: 'ann', createdAt: new Date() };
  await store.datasets.insert({ id, ...common });
  const dataset = (one: typeof store) => one.datasets.update(id, { description: 'changed' }, new Date());
  await store.transaction(async (inside) => {
    await job({ ...store, ...inside });
    await dataset({ ...store, ...inside });
    await job({ ...store, ...inside });
  });
  for (const late of [job, attempt]) {
    const wrong = store.transaction(async (inside) => {
      await dataset({ ...store, ...inside });
      await late({ ...store, ...inside });
    });
    await expect(wrong).rejects.toMatchObject({ type: 'internal' });
  }
});
