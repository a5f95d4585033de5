import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptIdOf } from '../../../core/ids.ts';
import { ActivityWorld, localOffer } from '../world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
  await world.addProvider('paid', [{ ...localOffer, provider: 'paid', priceUsdMicrosPerHour: 1_000_000 }]);
});
afterAll(() => world.close());

const either = { placement: { providers: ['local', 'paid'] } };
const decide = (jobId: string) => world.control().decideNext({ jobId, decision: 1, watched: [] });
const vcpuInUse = async () => (await world.store.capacity.inUse('local')).vcpu;

test('jobs that are decided together: as many as there is room for start here, the others elsewhere', async () => {
  const jobs = await Promise.all(Array.from({ length: 6 }, () => world.addJob(either)));
  const actions = await Promise.all(jobs.map(({ id }) => decide(id)));
  const places = actions.map((action) => (action.kind === 'launch' ? action.offer.provider : action.kind));
  // The machine has two cores.
  expect(places.toSorted()).toEqual(['local', 'local', 'paid', 'paid', 'paid', 'paid']);
  const overflow = actions.find((action) => action.kind === 'launch' && action.offer.provider === 'paid');
  expect(overflow?.reason).toMatch(/^first attempt; local has no room now/);
  const alone = await world.addJob();
  expect(await decide(alone.id)).toMatchObject({ kind: 'launch', offer: localOffer, reason: 'first attempt' });
  for (const [index, { id }] of jobs.entries()) {
    if (places[index] !== 'local') continue;
    const input = { jobId: id, attempt: 1, offer: localOffer, reason: 'first attempt' };
    expect(await world.control().openAttempt(input)).toEqual({ kind: 'granted' });
    await world.endAttempt(attemptIdOf(id, 1), 'lost');
  }
  expect(await vcpuInUse()).toBe(0);
});

test('the place of an attempt that is never made is given back with the job', async () => {
  const { id } = await world.addJob(either);
  expect(await decide(id)).toMatchObject({ kind: 'launch', offer: localOffer });
  expect(await vcpuInUse()).toBe(1);
  await world.control().settleJob({ jobId: id, state: 'cancelled', message: '', model: null });
  expect(await vcpuInUse()).toBe(0);
});

test('a job that goes before those that wait is not sent away for them', async () => {
  const large = await world.addJob({ resources: { vcpu: 2 } });
  await world.control().openAttempt({ jobId: large.id, attempt: 1, offer: localOffer, reason: '' });
  const waiting = await world.addJob({ resources: { vcpu: 2 } });
  await world.control().openAttempt({ jobId: waiting.id, attempt: 1, offer: localOffer, reason: '' });
  await world.store.attempts.end(attemptIdOf(large.id, 1), { kind: 'lost', exitCode: null, message: '' }, new Date());
  await world.store.capacity.release(attemptIdOf(large.id, 1));
  const urgent = await world.addJob({ ...either, priority: 10 });
  expect(await decide(urgent.id)).toMatchObject({ offer: localOffer });
  const later = await world.addJob(either);
  expect(await decide(later.id)).toMatchObject({ offer: { provider: 'paid' } });
});
