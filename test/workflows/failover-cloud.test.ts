import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { AttemptRecord } from '../../store/types.ts';
import { poll } from '../support/poll.ts';
import { CloudWorld } from './cloud-world.ts';

let world: CloudWorld;
const begun: string[] = [];
beforeAll(async () => {
  // Silence has no effect until an API has noted that it hears runners.
  const silence = { silentAfterMs: 3_600_000, helloWithinMs: 1000, helloWithinMsByProvider: new Map() };
  world = await CloudWorld.start({ world: { scale: 1000 }, silence });
  await world.refreshOffers();
}, 60_000);
afterEach(async () => {
  // A test that fails leaves its faults to no other.
  await world.faults();
  // Scripted machines hang forever, so each job is ended before the next test.
  for (const jobId of begun.splice(0)) {
    const { state, currentAttempt } = await world.store.jobs.get(jobId);
    if (!['failed', 'cancelled'].includes(state)) await world.lastWord(jobId, `${jobId}/attempt-${currentAttempt}`);
    await poll(`the end of ${jobId}`, 15_000, async () =>
      ['failed', 'cancelled'].includes((await world.store.jobs.get(jobId)).state) ? true : null,
    );
  }
}, 30_000);
afterAll(() => world.close(), 60_000);

async function begin(mode: 'spot' | 'on-demand' | 'spot-with-fallback', regions: string[]): Promise<string> {
  const placement = { providers: ['simulated'], mode, regions };
  const { id } = await world.addJob({ placement });
  begun.push(id);
  await world.temporal.startTrainingJob(id, { adopt: false, name: 'penguins #1', service: 'penguins' });
  return id;
}

const launched = (jobId: string, attempt: number): Promise<AttemptRecord> =>
  poll(`attempt ${attempt} to have its instance`, 40_000, async () => {
    const row = await world.store.attempts.find(`${jobId}/attempt-${attempt}`);
    return row?.handle == null ? null : row;
  });

test('a zone that has none: the next one at once, and other jobs do not ask there either', async () => {
  await world.control('PUT', '/capacity', { zone: 'eu-north-a', capacity: 0 });
  const first = await begin('on-demand', ['eu-north']);
  const row = await launched(first, 1);
  expect(row).toMatchObject({ launch: 2, offer: { region: 'eu-north', zone: 'eu-north-b', spot: false } });
  expect(row.reason).toMatch(/^move to eu-north-b \(no capacity in eu-north-a\)$/);
  expect(await world.store.launchRefusals.ofJob(first)).toMatchObject([
    { offer: { zone: 'eu-north-a' }, kind: 'stockout', streak: 1, attempt: 1, launch: 1 },
  ]);
  const { items: decisions } = await world.store.decisions.page({ jobId: first, limit: 10 });
  expect(decisions.map(({ policyVersion, action }) => [policyVersion, action.kind])).toEqual([
    ['on-demand-only-3', 'launch'],
  ]);
  const other = await launched(await begin('on-demand', ['eu-north']), 1);
  expect(other.offer.zone).toBe('eu-north-b');
  await world.control('PUT', '/capacity', { zone: 'eu-north-a', capacity: null });
}, 60_000);

test('no spot machine anywhere: on-demand, with the reason; where that is not allowed, a wait', async () => {
  for (const zone of ['ap-south-a', 'ap-south-b'])
    await world.control('PUT', '/quotas', { region: zone.slice(0, -2), spot: true, vcpu: 0 });
  const either = await begin('spot-with-fallback', ['ap-south']);
  const row = await launched(either, 1);
  expect(row.offer).toMatchObject({ region: 'ap-south', spot: false });
  expect(row.reason).toMatch(/^move to an on-demand machine \(quota used up in /);
  const spotOnly = await begin('spot', ['ap-south']);
  const waiting = await poll('the wait', 15_000, async () => {
    const job = await world.store.jobs.get(spotOnly);
    return job.state === 'waiting' ? job : null;
  });
  expect(waiting.message).not.toBe('');
  await world.store.jobs.requestCancel(spotOnly, 'user', new Date());
  await world.temporal.cancelTrainingJob(spotOnly);
  await poll('its end', 15_000, async () =>
    (await world.store.jobs.get(spotOnly)).state === 'cancelled' ? true : null,
  );
}, 60_000);

test('a provider that hangs delays no decision: what its rows say is enough', async () => {
  await world.refreshOffers();
  await world.faults({ operation: 'offers', fault: { kind: 'slow', seconds: 60_000 }, count: 100 });
  const jobId = await begin('on-demand', ['eu-north']);
  const { items } = await poll('a decision', 15_000, async () => {
    const page = await world.store.decisions.page({ jobId, limit: 1 });
    return page.items.length === 0 ? null : page;
  });
  expect([items[0]?.action.kind, items[0]?.action.reason]).toEqual(['launch', 'first attempt']);
  await world.faults();
  await launched(jobId, 1);
}, 60_000);

test('credentials that have run out pause the job; it goes on by itself when they hold again', async () => {
  await world.control('PUT', '/keys/default', { expiresInSeconds: 0 });
  await world.refreshOffers().catch(() => undefined);
  const jobId = await begin('on-demand', ['eu-north']);
  const paused = await poll('the pause', 15_000, async () => {
    const job = await world.store.jobs.get(jobId);
    return job.message.startsWith('Paused: ') ? job : null;
  });
  expect(paused.state).toBe('waiting');
  expect(paused.message).toContain('Renew the credentials of simulated');
  expect(await world.store.attempts.listByJob(jobId)).toEqual([]);
  await world.control('PUT', '/keys/default', { expiresInSeconds: null });
  expect(await launched(jobId, 1)).toMatchObject({ reason: 'first attempt' });
}, 60_000);

test('credentials that run out behind the last look: one launch finds out, and no other job tries', async () => {
  await world.refreshOffers();
  await world.control('PUT', '/keys/default', { expiresInSeconds: 0 });
  const unlucky = await begin('on-demand', ['eu-north']);
  await poll('the refused launch', 15_000, async () =>
    (await world.store.catalogs.find('simulated'))?.problemType === 'auth' ? true : null,
  );
  const other = await begin('on-demand', ['eu-north']);
  await poll('the pause', 15_000, async () => {
    const { message } = await world.store.jobs.get(other);
    return message.startsWith('Paused: ') ? true : null;
  });
  expect(await world.store.attempts.listByJob(other)).toEqual([]);
  await world.store.jobs.requestCancel(unlucky, 'user', new Date());
  await world.temporal.cancelTrainingJob(unlucky);
  await world.control('PUT', '/keys/default', { expiresInSeconds: null });
  await launched(other, 1);
  await poll('the end of the unlucky', 20_000, async () =>
    (await world.store.jobs.get(unlucky)).state === 'cancelled' ? true : null,
  );
}, 90_000);

test('a machine that is taken back while the provider refuses to end anything: its record is proof enough', async () => {
  const jobId = await begin('spot', ['eu-north']);
  const { handle } = await launched(jobId, 1);
  await world.faults({ operation: 'terminate', fault: { kind: 'server-error' } });
  await world.control('POST', `/instances/${handle?.instanceId}/preempt`, { noticeSeconds: null });
  await launched(jobId, 2);
  await world.faults();
  const first = await world.store.attempts.get(`${jobId}/attempt-1`);
  expect(first).toMatchObject({ ending: { kind: 'preempted' }, billedUntil: expect.any(Date) });
}, 90_000);

test('a spot machine that is taken back: the evidence is kept, and the next place is tried', async () => {
  const jobId = await begin('spot', ['eu-north']);
  const { handle, offer } = await launched(jobId, 1);
  await world.control('POST', `/instances/${handle?.instanceId}/preempt`, { noticeSeconds: null });
  const second = await launched(jobId, 2);
  expect(second.offer.zone).not.toBe(offer.zone);
  expect(second.reason).toMatch(/^move to .+ \(preempted in .+\)$/);
  expect((await world.store.attempts.get(`${jobId}/attempt-1`)).ending).toMatchObject({
    kind: 'preempted',
    evidence: 'provider-record',
  });
}, 90_000);

test('a machine that never boots: ended with the proof, and the job goes on with the next one', async () => {
  await world.faults({ operation: 'create', fault: { kind: 'never-boots' }, count: 1 });
  const jobId = await begin('on-demand', ['eu-north']);
  const first = await launched(jobId, 1);
  const sinceMs = first.instanceSince?.getTime() ?? 0;
  // The API hears runners from an hour before the launch until just after the first machine's time limit.
  const gapMs = 86_400_000;
  await world.store.uptime.note({ at: new Date(sinceMs - 3_600_000), gapMs, hadFault: true });
  expect((await world.store.attempts.get(first.id)).ending).toBeNull();
  await world.store.uptime.note({ at: new Date(sinceMs + 1001), gapMs, hadFault: false });
  const second = await launched(jobId, 2);
  const ended = await world.store.attempts.get(first.id);
  expect(ended.ending).toMatchObject({ kind: 'lost', evidence: 'never-spoke' });
  expect(world.isAlive(first.handle?.instanceId ?? '')).toBe(false);
  expect(ended.terminationConfirmedAt?.getTime()).toBeLessThanOrEqual(second.createdAt.getTime());
  expect(second.reason).toMatch(/^retry \(instance stopped responding in /);
}, 90_000);
