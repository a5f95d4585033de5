import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobSpecSchema } from '@artenic/core';
import { randomUUID } from 'node:crypto';
import { submitJob } from '../../../app/jobs/submit.ts';
import { watchJob } from '../../../app/jobs/watch.ts';
import { deliverNotice } from '../../../app/outbox/deliver.ts';
import { nothingMore } from '../../../app/within.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { mostTries } from '../../../core/outbox/retry.ts';
import { AppWorld, principal, stranger } from '../world.ts';

const spec = jobSpecSchema.parse({ service: 'penguins', command: 'train' });
let world: AppWorld;
beforeAll(async () => {
  world = await AppWorld.make();
});
afterAll(() => world.close());

const target = { kind: 'workflow', id: 'waits' } as const;
async function newJob(): Promise<string> {
  const jobId = randomUUID();
  await submitJob(world, { jobId, principal, spec }, nothingMore);
  return jobId;
}
async function end(jobId: string): Promise<void> {
  await world.store.jobs.requestCancel(jobId, 'admin', new Date());
  await world.store.jobs.transition(jobId, 'cancelled', { message: 'enough' });
}
const due = async (jobId: string, now = new Date()) =>
  (await world.store.outbox.due({ now, limit: 100 })).filter(({ ended }) => ended.jobId === jobId);

test('however often it is asked for, an end is told once to each who waits, and committed with the end', async () => {
  const jobId = await newJob();
  for (const id of ['one', 'one', 'other']) await watchJob(world, { principal, jobId, target: { ...target, id } });
  expect(await due(jobId)).toEqual([]);
  const failing = world.store.transaction(async ({ jobs }) => {
    await jobs.requestCancel(jobId, 'admin', new Date());
    await jobs.transition(jobId, 'cancelled');
    throw new ArtenicError('internal', 'after the end');
  });
  await expect(failing).rejects.toMatchObject({ type: 'internal' });
  expect(await due(jobId)).toEqual([]);
  await end(jobId);
  await watchJob(world, { principal, jobId, target: { ...target, id: 'one' } });
  const notices = await due(jobId);
  expect(notices.map((notice) => notice.target.id).toSorted()).toEqual(['one', 'other']);
  expect(notices[0]?.ended).toEqual({ jobId, state: 'cancelled', message: 'enough', model: null });
  for (const notice of notices) await deliverNotice(world, notice);
  expect(world.temporal.of('ended').map(([id]) => id)).toEqual(expect.arrayContaining(['one', 'other']));
  expect(await due(jobId)).toEqual([]);
});

test("another project's job cannot be watched, and a job has a bounded number of watchers", async () => {
  const jobId = await newJob();
  await expect(watchJob(world, { principal: stranger, jobId, target })).rejects.toMatchObject({ type: 'not-found' });
  for (let index = 0; index < 100; index++)
    await watchJob(world, { principal, jobId, target: { ...target, id: `watcher-${index}` } });
  await expect(watchJob(world, { principal, jobId, target })).rejects.toMatchObject({ type: 'conflict' });
});

test('a failure is tried again later, and given up after a bounded number', async () => {
  const jobId = await newJob();
  await watchJob(world, { principal, jobId, target });
  await end(jobId);
  const { store, logger } = world;
  const temporal = { signalJobEnded: () => Promise.reject(new ArtenicError('internal', 'no such signal')) };
  let nowMs = Date.now();
  for (let tries = 1; tries <= mostTries; tries++) {
    const [notice] = await due(jobId, new Date(nowMs));
    if (notice === undefined) throw new Error(`nothing is due at try ${tries}`);
    await deliverNotice({ store, logger, temporal, now: () => new Date(nowMs) }, notice);
    expect(await due(jobId, new Date(nowMs))).toEqual([]);
    nowMs += 600_000;
  }
  expect(await due(jobId, new Date(nowMs))).toEqual([]);
  const [given] = await world.store.outbox.givenUp(10);
  expect(given).toMatchObject({ ended: { jobId }, tries: mostTries, error: 'no such signal' });
});
