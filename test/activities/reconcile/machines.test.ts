import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Provider } from '../../../activities/providers/provider.ts';
import { createRepairActivities, createSweepActivities } from '../../../activities/reconcile/create.ts';
import { policyFor } from '../../../core/failover/policy.ts';
import { processesWith } from '../../support/processes.ts';
import { ActivityWorld, localOffer } from '../world.ts';

let world: ActivityWorld;
let otherHome: string;
let jobId: string;
let attemptId: string;
/** Another host with its own home, which serves the same queue. */
let there: Provider;
beforeAll(async () => {
  world = await ActivityWorld.make();
  otherHome = await mkdtemp(join(tmpdir(), 'artenic-other-host-'));
  there = ActivityWorld.openLocal(otherHome);
});
afterAll(async () => {
  expect(processesWith(otherHome)).toEqual([]);
  await rm(otherHome, { recursive: true, force: true });
  await world.close();
});
beforeEach(async () => {
  ({ id: jobId } = await world.addJob());
  await world.control().prepareJob({ jobId });
  attemptId = await world.addAttempt(jobId);
  await world.store.capacity.release(attemptId);
});

const on = (provider: Provider) => new Map([['local', provider]]);
const activitiesThere = () => world.provider({ providers: on(there) });
const sweepOn = (provider: Provider) => {
  const deps = {
    ...{ store: world.store, storage: world.storage, policyFor, now: world.now, graceMs: 0 },
    providers: on(provider),
    signal: { capacityGranted: async () => undefined },
    describeWorkflow: async () => 'closed' as const,
    inspectModel: () => Promise.reject(new Error('no model here')),
    adoptJob: async () => undefined,
  };
  return { ...createSweepActivities(deps), ...createRepairActivities(deps) };
};

test('another host neither takes for gone what it cannot see, nor ends it, nor launches it a second time', async () => {
  const handle = await world.provider().launchInstance({ attemptId, offer: localOffer });
  expect(handle.region).toMatch(/^local-[0-9a-f]{12}$/);
  const elsewhere = { type: 'transient', nonRetryable: false };
  await expect(activitiesThere().watchInstance({ handle })).rejects.toMatchObject(elsewhere);
  const end = { attemptId, provider: 'local' };
  await expect(activitiesThere().terminateInstance({ ...end, handle })).rejects.toMatchObject(elsewhere);
  await expect(world.provider().watchInstance({ handle })).rejects.toMatchObject({ type: 'not-ready' });

  await sweepOn(there).surveyProvider({ provider: 'local' });
  await world.endAttempt(attemptId, 'lost');
  // The attempt has ended, but its instance lives: only its own host may report it as gone.
  await sweepOn(world.local).surveyProvider({ provider: 'local' });
  const strays = () => world.store.reconcile.unresolved();
  expect(await strays()).toMatchObject([{ attemptId, reason: 'attempt-settled' }]);
  await sweepOn(there).surveyProvider({ provider: 'local' });
  expect(await strays()).toMatchObject([{ attemptId }]);
  expect((await world.store.attempts.get(attemptId)).terminationConfirmedAt).toBeNull();
  await world.provider().terminateInstance({ ...end, handle });
  expect((await world.store.attempts.get(attemptId)).terminationConfirmedAt).not.toBeNull();
  expect(processesWith(handle.instanceId)).toEqual([]);
});

test('a launch whose answer was lost is gone on with by the host that began it', async () => {
  const begun = await world.local.launch(world.launchRequest(attemptId));
  await world.store.attempts.claimMachine(attemptId, begun.region);
  await world.store.reconcile.launchTried(attemptId, new Date());
  const elsewhere = { type: 'transient', message: expect.stringContaining(begun.region) };
  await expect(activitiesThere().launchInstance({ attemptId, offer: localOffer })).rejects.toMatchObject(elsewhere);
  const end = { attemptId, provider: 'local', handle: null };
  await expect(activitiesThere().terminateInstance(end)).rejects.toMatchObject(elsewhere);
  await expect(sweepOn(there).settleAbandoned({ attemptId })).resolves.toEqual({ settled: false });
  await world.store.jobs.transition(jobId, 'failed');
  await expect(sweepOn(there).settleAbandoned({ attemptId })).rejects.toMatchObject(elsewhere);
  expect(await there.list()).toEqual([]);
  expect(await world.provider().launchInstance({ attemptId, offer: localOffer })).toEqual(begun);
  await world.provider().terminateInstance(end);
});
