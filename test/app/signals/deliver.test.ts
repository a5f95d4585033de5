import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobSpecSchema } from '@artenic/core';
import { submitJob } from '../../../app/jobs/submit.ts';
import { deliverSignal, type DeliverSignalInput } from '../../../app/signals/deliver.ts';
import { nothingMore } from '../../../app/within.ts';
import { AppWorld, principal, stranger } from '../world.ts';

const spec = jobSpecSchema.parse({ service: 'penguins', command: 'train' });
let world: AppWorld;
beforeAll(async () => {
  world = await AppWorld.make();
});
afterAll(() => world.close());

async function signalOf(name: DeliverSignalInput['name']): Promise<DeliverSignalInput> {
  const jobId = randomUUID();
  await submitJob(world, { jobId, principal, spec }, nothingMore);
  const at = new Date();
  return {
    principal,
    jobId,
    eventId: 'event-1',
    name,
    attempt: null,
    occurredAt: at,
    receivedAt: at,
    deadlineAt: null,
  };
}

test('a signal from an activity holds the job once, and says who sent it', async () => {
  const signal = await signalOf('hold');
  expect(await deliverSignal(world, signal)).toMatchObject({ outcome: 'taken', job: { heldAt: signal.occurredAt } });
  expect(await deliverSignal(world, signal)).toMatchObject({ outcome: 'repeated' });
  const kept = await world.store.signals.find(signal.jobId, 'event-1');
  expect(kept).toMatchObject({ sender: 'admin', deliveredAt: expect.any(Date) });
});

test('with Temporal away a signal is taken and left to the relay', async () => {
  const signal = await signalOf('release');
  world.temporal.isAway = true;
  try {
    expect((await deliverSignal(world, signal)).outcome).not.toBe('repeated');
  } finally {
    world.temporal.isAway = false;
  }
  await expect(deliverSignal(world, { ...signal, principal: stranger })).rejects.toMatchObject({ type: 'not-found' });
});
