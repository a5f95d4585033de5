import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { ArtenicError } from '../../core/errors.ts';
import type { ActingStore } from '../../store/types.ts';
import { startRelay } from '../../workers/loops/relay.ts';
import { RecordedTemporal } from '../api/harness.ts';
import { insertAttempt, insertJob, openTestStore } from '../store/support.ts';
import { poll } from '../support/poll.ts';

/** A Temporal that always refuses calls for some jobs, with a permanent error. */
class RefusingTemporal extends RecordedTemporal {
  readonly refused = new Map<string, number>();
  override readonly startTrainingJob = async (...args: unknown[]): Promise<void> => {
    const jobId = String(args[0]);
    const times = this.refused.get(jobId);
    if (times !== undefined) {
      this.refused.set(jobId, times + 1);
      throw new ArtenicError('internal', 'The search attribute is unknown.');
    }
    this.calls.push(['start', ...args]);
    this.open.add(jobId);
  };
}

let store: ActingStore;
let close: () => Promise<void>;
let url: string;
let temporal: RefusingTemporal;
beforeAll(async () => {
  ({ store, close, url } = await openTestStore());
});
afterAll(() => close());
beforeEach(() => {
  temporal = new RefusingTemporal();
});

const later = () => new Date(Date.now() + 10_000);
async function whileRelaying(work: () => Promise<void>): Promise<void> {
  const relay = startRelay({ store, temporal, logger: pino({ level: 'silent' }), intervalMs: 20, now: later });
  try {
    await work();
  } finally {
    await relay.close();
  }
}
const started = (jobId: string) => temporal.of('start').filter(([id]) => id === jobId);
const startsOf = (jobId: string) =>
  poll(`the start of ${jobId}`, 10_000, () => (started(jobId).length > 0 ? started(jobId) : null));

test('a job that cannot be started holds up no other, and is tried again ever more seldom', async () => {
  const [broken, sound] = [await insertJob(store), await insertJob(store)];
  temporal.refused.set(broken.id, 0);
  await whileRelaying(async () => {
    await startsOf(sound.id);
    await poll('some tries', 10_000, () => ((temporal.refused.get(broken.id) ?? 0) > 3 ? true : null));
  });
  expect((await store.jobs.get(sound.id)).workflowStartedAt).not.toBeNull();
  expect((await store.jobs.get(broken.id)).workflowStartedAt).toBeNull();
  temporal.refused.delete(broken.id);
  await whileRelaying(async () => void (await startsOf(broken.id)));
});

test('a workflow that is gone is started again to take over, with its cancel', async () => {
  const [lost, there] = [await insertJob(store), await insertJob(store)];
  for (const { id } of [lost, there]) await store.jobs.markWorkflowStarted(id, new Date());
  temporal.open.add(there.id);
  await store.jobs.requestCancel(lost.id, 'me', new Date());
  await store.jobs.markCancelDelivered(lost.id, new Date());
  await whileRelaying(async () => {
    expect(await startsOf(lost.id)).toEqual([[lost.id, { adopt: true, name: 'iris #1', service: 'iris' }]]);
    await poll('the cancel', 10_000, () => (temporal.of('cancel').some(([id]) => id === lost.id) ? true : null));
  });
  expect(started(there.id)).toEqual([]);
});

test('a cancel that was not delivered is delivered once', async () => {
  const job = await insertJob(store);
  await store.jobs.markWorkflowStarted(job.id, new Date());
  temporal.open.add(job.id);
  await store.jobs.requestCancel(job.id, 'me', new Date());
  await whileRelaying(async () => {
    await poll('the mark', 10_000, async () => ((await store.jobs.get(job.id)).cancelDeliveredAt ? true : null));
    // A job created afterwards is started by a later round.
    const next = await insertJob(store);
    await startsOf(next.id);
  });
  expect(temporal.of('cancel').filter(([id]) => id === job.id)).toEqual([[job.id]]);
});

test('while Temporal is away nothing is counted against a job', async () => {
  const job = await insertJob(store);
  temporal.isAway = true;
  const calls = temporal.startTrainingJob;
  let tries = 0;
  const away = Object.assign(temporal, {
    startTrainingJob: async (...args: Parameters<typeof calls>) => {
      tries += 1;
      if (temporal.isAway) throw new ArtenicError('unavailable', 'Temporal does not answer.');
      await calls(...args);
    },
  });
  await whileRelaying(async () => {
    await poll('many rounds', 10_000, () => (tries > 10 ? true : null));
    away.isAway = false;
    await startsOf(job.id);
  });
});

test('a grant whose signal was lost is told again, once in its time', async () => {
  const { attemptId } = await insertAttempt(store);
  const needs = { vcpu: 1, memoryGib: 0, gpus: 0 };
  await store.capacity.claim('relay-test', { attemptId, needs, priority: 0, submittedAtMs: 0 });
  await store.capacity.grant('relay-test', { vcpu: 1, memoryGib: 1, gpus: 0 });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("update capacity_claims set woken_at = woken_at - interval '1 minute'");
  await client.end();
  const told = () => temporal.of('granted').filter(([id]) => id === attemptId);
  await whileRelaying(async () => {
    await poll('the signal', 10_000, () => (told().length > 0 ? true : null));
    const next = await insertJob(store);
    await startsOf(next.id);
  });
  expect(told()).toEqual([[attemptId]]);
});
