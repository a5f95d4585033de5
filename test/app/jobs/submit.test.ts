import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobSpecSchema } from '@artenic/core';
import { cancelJob } from '../../../app/jobs/cancel.ts';
import { submitJob } from '../../../app/jobs/submit.ts';
import { nothingMore } from '../../../app/within.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { AppWorld, principal, stranger } from '../world.ts';

const spec = jobSpecSchema.parse({ service: 'penguins', command: 'train' });
let world: AppWorld;
beforeAll(async () => {
  world = await AppWorld.make();
});
afterAll(() => world.close());

const stateEvents = async (jobId: string) =>
  (await world.store.events.sequence(), await world.store.events.after(0n, 1000)).filter(
    ({ kind, subject }) => kind === 'job.state' && subject === jobId,
  );

test('a submit that is repeated with its id is one job; the id of another project is refused', async () => {
  const jobId = randomUUID();
  const first = await submitJob(world, { jobId, principal, spec }, nothingMore);
  const again = await submitJob(world, { jobId, principal, spec: { ...spec, command: 'other' } }, nothingMore);
  expect(again).toMatchObject({ id: jobId, spec: first.spec });
  expect(await stateEvents(jobId)).toHaveLength(1);
  await expect(submitJob(world, { jobId, principal: stranger, spec }, nothingMore)).rejects.toMatchObject({
    type: 'conflict',
  });
});

test('what the caller adds is committed with the job, or the job is not', async () => {
  const jobId = randomUUID();
  const failing = submitJob(world, { jobId, principal, spec }, async () => {
    throw new ArtenicError('internal', 'the caller could not store its answer');
  });
  await expect(failing).rejects.toMatchObject({ type: 'internal' });
  expect(await world.store.jobs.find(jobId)).toBeNull();
  expect(world.temporal.of('start')).not.toContainEqual([jobId, expect.anything()]);
});

test('with Temporal away a submit and a cancel are accepted and left to the relay', async () => {
  const jobId = randomUUID();
  world.temporal.isAway = true;
  try {
    await submitJob(world, { jobId, principal, spec }, nothingMore);
    const cancelled = await cancelJob(world, { jobId, principal }, nothingMore);
    expect(cancelled).toMatchObject({ state: 'cancelling', workflowStartedAt: null, cancelDeliveredAt: null });
  } finally {
    world.temporal.isAway = false;
  }
});

test("another project's job is not there to be cancelled", async () => {
  const jobId = randomUUID();
  await submitJob(world, { jobId, principal, spec }, nothingMore);
  await expect(cancelJob(world, { jobId, principal: stranger }, nothingMore)).rejects.toMatchObject({
    type: 'not-found',
  });
  expect((await world.store.jobs.get(jobId)).cancelRequestedAt).toBeNull();
});

test('a job without a name is named by what differs from the last one of its service, else by a number', async () => {
  const nameOf = async (changes: object, by = principal) => {
    const given = jobSpecSchema.parse({ service: 'pricing', command: 'train', ...changes });
    return (await submitJob(world, { jobId: randomUUID(), principal: by, spec: given }, nothingMore)).name;
  };
  expect(await nameOf({ config: { seed: 8, epochs: 100 } })).toBe('pricing #1');
  expect(await nameOf({ config: { seed: 9, epochs: 150 } })).toBe('seed=9 epochs=150');
  expect(await nameOf({ config: { seed: 9, epochs: 150 }, command: 'other' })).toBe('pricing #2');
  expect(await nameOf({ config: { seed: 1 }, name: 'Baseline of May' })).toBe('Baseline of May');
  expect(await nameOf({ config: { seed: 1 } }, stranger)).toBe('pricing #1');
  const atOnce = await Promise.all(Array.from({ length: 5 }, () => nameOf({ config: { seed: 1 } })));
  expect(new Set(atOnce).size).toBe(5);
});

test('the name is in the events', async () => {
  const jobId = randomUUID();
  await submitJob(world, { jobId, principal, spec: { ...spec, name: 'Baseline' } }, nothingMore);
  expect((await stateEvents(jobId)).map(({ data }) => data['name'])).toEqual(['Baseline']);
});
