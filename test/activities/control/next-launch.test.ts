import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { LaunchResult, ProviderActivities } from '../../../activities/contracts/index.ts';
import type { LaunchRequest, Provider } from '../../../activities/providers/provider.ts';
import { ArtenicError, type ErrorType } from '../../../core/errors.ts';
import type { Offer } from '../../../core/failover/types.ts';
import { noSignals } from '../../../core/signals/reduce.ts';
import { ActivityWorld } from '../world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());

const offerAt = (provider: string, zone: string, usdPerHour = 1): Offer => ({
  ...{ provider, region: 'r', zone, instanceType: 'small', spot: false, priceUsdMicrosPerHour: usdPerHour * 1e6 },
});

/** A cloud that answers as the test says, and records its requests. */
class Scarce {
  readonly asked: LaunchRequest[] = [];
  readonly name: string;
  readonly offers: readonly Offer[];
  answer: (request: LaunchRequest, nth: number) => ErrorType | null = () => 'stockout';

  constructor(name: string, offers: readonly Offer[]) {
    this.name = name;
    this.offers = offers;
  }

  get provider(): Provider {
    return {
      ...{ name: this.name, capabilities: world.local.capabilities, check: world.local.check },
      ...{ catalog: async () => [], list: async () => [], console: async () => '', consistencyMs: async () => 0 },
      launch: async (request) => {
        this.asked.push(request);
        const type = this.answer(request, this.asked.length);
        if (type !== null) throw new ArtenicError(type, `${request.offer.zone} says ${type}`);
        return { provider: this.name, attemptId: request.attemptId, instanceId: 'i-1', region: 'r' };
      },
      describe: () => Promise.reject(new ArtenicError('not-found', 'none')),
      find: async () => null,
      terminate: async () => undefined,
    };
  }
}

/** Refusals affect all jobs of a world, so each test has a provider of its own. */
async function scarce(name: string, zones: readonly string[], others: readonly Scarce[] = []) {
  const cloud = new Scarce(
    name,
    zones.map((zone, index) => offerAt(name, zone, 1 + index)),
  );
  const clouds = [cloud, ...others];
  const clock = { ms: Date.now() };
  const changes = {
    providers: new Map(clouds.map((one): [string, Provider] => [one.name, one.provider])),
    now: () => new Date(clock.ms++),
  };
  for (const one of clouds) await world.addProvider(one.name, one.offers);
  const control = world.control({ now: changes.now });
  const provider = world.provider({ ...changes, nextLaunch: (input) => control.nextLaunch(input) });
  const { id: jobId } = await world.addJob({ placement: { providers: clouds.map((one) => one.name) } });
  await control.prepareJob({ jobId });
  const [offer] = cloud.offers;
  if (offer === undefined) throw new Error('no offer');
  await control.openAttempt({ jobId, attempt: 1, offer, reason: 'first attempt' });
  return { cloud, clock, control, provider, jobId, attemptId: `${jobId}/attempt-1`, offer };
}

const row = (attemptId: string) => world.store.attempts.get(attemptId);
const waitOf = (result: LaunchResult): number =>
  result.kind === 'next' && result.next.kind === 'wait' ? result.next.waitMs : -1;

describe('a refused launch', () => {
  test('is followed by the next offers under the same number, each with a token of its own', async () => {
    const { cloud, provider, attemptId, jobId, offer } = await scarce('twice', ['a', 'b', 'c']);
    cloud.answer = ({ offer: { zone } }) => (zone === 'c' ? null : 'stockout');
    const result = await provider.tryLaunch({ attemptId, offer, launch: 1 });
    expect(result).toMatchObject({ kind: 'launched', handle: { instanceId: 'i-1' }, offer: { zone: 'c' } });
    expect(cloud.asked.map(({ launch, offer: { zone }, mayExist }) => [launch, zone, mayExist])).toEqual([
      [1, 'a', false],
      [2, 'b', false],
      [3, 'c', false],
    ]);
    expect(await row(attemptId)).toMatchObject({ launch: 3, offer: { zone: 'c' }, handle: { instanceId: 'i-1' } });
    expect(await world.store.attempts.listByJob(jobId)).toHaveLength(1);
    const refusals = await world.store.launchRefusals.ofJob(jobId);
    expect(refusals.map(({ offer: { zone }, kind, streak, launch }) => [zone, kind, streak, launch])).toEqual([
      ['a', 'stockout', 1, 1],
      ['b', 'stockout', 1, 2],
    ]);
  });

  test('a call whose worker died goes on where that one was', async () => {
    const { cloud, provider, control, attemptId, offer } = await scarce('died', ['a', 'b']);
    cloud.answer = ({ offer: { zone } }) => (zone === 'a' ? 'stockout' : null);
    const refusal = { type: 'stockout', message: 'a says stockout' };
    const next = await control.nextLaunch({ attemptId, launch: 1, refusal });
    expect(next).toMatchObject({ kind: 'launch', launch: 2, offer: { zone: 'b' } });
    // A repeated call returns the same launch and stores no second refusal.
    expect(await control.nextLaunch({ attemptId, launch: 1, refusal })).toEqual(next);
    expect(await provider.tryLaunch({ attemptId, offer, launch: 1 })).toMatchObject({ kind: 'launched' });
    expect(cloud.asked.map(({ launch }) => launch)).toEqual([2]);
  });

  test('waits when every offer was refused, longer each time; news of capacity ends that', async () => {
    const { cloud, clock, provider, control, attemptId, jobId, offer } = await scarce('empty', ['a', 'b']);
    const first = await provider.tryLaunch({ attemptId, offer, launch: 1 });
    expect(waitOf(first)).toBeGreaterThan(25_000);
    expect(waitOf(first)).toBeLessThanOrEqual(33_000);
    expect(await world.store.jobs.get(jobId)).toMatchObject({
      state: 'waiting',
      message: expect.stringMatching(/no capacity in/),
    });
    expect(await control.nextLaunch({ attemptId, launch: 2, refusal: null })).toMatchObject({ kind: 'wait' });
    clock.ms += waitOf(first);
    const again = await control.nextLaunch({ attemptId, launch: 2, refusal: null });
    expect(again).toMatchObject({ kind: 'launch', launch: 3 });
    const second = await provider.tryLaunch({ attemptId, offer, launch: 3 });
    expect(waitOf(second)).toBeGreaterThan(50_000);
    expect((await world.store.launchRefusals.ofJob(jobId)).map(({ streak, total }) => [streak, total])).toEqual([
      [2, 2],
      [2, 2],
    ]);
    await world.store.jobs.setSignals(jobId, { ...noSignals, newsAtMs: clock.ms });
    expect(await control.nextLaunch({ attemptId, launch: 4, refusal: null })).toMatchObject({ kind: 'launch' });
    expect(cloud.asked).toHaveLength(4);
  });

  test.each([
    ['auth', 'unauthorized'],
    ['unknown-outcome', 'unavailable'],
  ] as const)('%s leaves open what the call made: it is no matter of this call to go on', async (type, kind) => {
    const { cloud, provider, control, attemptId, jobId, offer } = await scarce(`open-${type}`, ['a', 'b']);
    cloud.answer = () => type;
    await expect(provider.tryLaunch({ attemptId, offer, launch: 1 })).rejects.toMatchObject({ type });
    expect((await row(attemptId)).launchTriedAt).not.toBeNull();
    expect(cloud.asked).toHaveLength(1);
    // The absence of an instance was proved in the meantime, so the whole provider gets a cool-down.
    const next = await control.nextLaunch({ attemptId, launch: 1, refusal: { type, message: 'no' } });
    expect(next).toMatchObject({ kind: 'wait' });
    expect(await world.store.launchRefusals.ofJob(jobId)).toMatchObject([{ kind, launch: 1 }]);
  });

  test('a launch that follows an unknown outcome is looked up first', async () => {
    const { cloud, clock, provider, control, attemptId, offer } = await scarce('unknown', ['a']);
    cloud.answer = () => 'unknown-outcome';
    await expect(provider.tryLaunch({ attemptId, offer, launch: 1 })).rejects.toMatchObject({
      type: 'unknown-outcome',
    });
    clock.ms += 3_600_000;
    await control.nextLaunch({ attemptId, launch: 1, refusal: { type: 'unknown-outcome', message: 'no' } });
    clock.ms += 3_600_000;
    const next = await control.nextLaunch({ attemptId, launch: 1, refusal: null });
    expect(next).toMatchObject({ kind: 'launch', launch: 2 });
    cloud.answer = () => null;
    await provider.tryLaunch({ attemptId, offer, launch: 2 });
    expect(cloud.asked.map(({ launch, mayExist }) => [launch, mayExist])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  test('goes on at another provider by its own queue, and gives its place in the old one back', async () => {
    const other = new Scarce('other', [offerAt('other', 'x', 9)]);
    const { provider, control, attemptId, offer, jobId } = await scarce('dear', ['a'], [other]);
    await world.store.capacity.claim('dear', {
      ...{ attemptId, needs: { vcpu: 1, memoryGib: 0, gpus: 0 }, priority: 0, submittedAtMs: 0 },
    });
    const result = await provider.tryLaunch({ attemptId, offer, launch: 1 });
    expect(result).toMatchObject({ kind: 'next', next: { kind: 'launch', launch: 2, offer: { provider: 'other' } } });
    expect(other.asked).toEqual([]);
    expect(await world.store.capacity.inUse('dear')).toMatchObject({ vcpu: 0 });
    // The workflow reopens the attempt at its new place; the row names that place.
    expect(await control.openAttempt({ jobId, attempt: 1, offer, reason: 'again' })).toEqual({
      ...{ kind: 'granted', current: { launch: 2, offer: other.offers[0] } },
    });
    expect(await provider.tryLaunch({ attemptId, offer, launch: 1 })).toMatchObject({ kind: 'next' });
    expect(other.asked).toEqual([]);
  });

  test('leaves a provider whose options were taken away, unless that may have made something', async () => {
    const kept = new Scarce('kept', [offerAt('kept', 'x', 9)]);
    const { attemptId, offer, control } = await scarce('removed', ['a'], [kept]);
    const provider = world.provider({
      providers: new Map([['kept', kept.provider]]),
      nextLaunch: (input) => control.nextLaunch(input),
    });
    const launch = () => provider.tryLaunch({ attemptId, offer, launch: 1 });
    // A worker elsewhere may serve the provider.
    await expect(launch()).rejects.toMatchObject({ type: 'unavailable' });
    const word = new ArtenicError('auth', 'The provider removed is not configured any more.');
    await world.store.catalogs.refused('removed', word, new Date());
    await world.store.reconcile.launchTried(attemptId, new Date());
    await expect(launch()).rejects.toMatchObject({ type: 'unavailable', message: word.message });
    await world.store.reconcile.launchTried(attemptId, null);
    expect(await launch()).toMatchObject({
      ...{ kind: 'next', launch: 1, next: { kind: 'launch', launch: 2, offer: { provider: 'kept' } } },
    });
  });

  test('ends when the job is asked to end, when the offer is refused as it is, and when there was an instance', async () => {
    const one = await scarce('cancelled', ['a', 'b']);
    await world.store.jobs.requestCancel(one.jobId, 'user', new Date());
    expect(await one.provider.tryLaunch({ attemptId: one.attemptId, offer: one.offer, launch: 1 })).toEqual({
      ...{ kind: 'next', launch: 1, next: { kind: 'end', error: { type: 'stockout', message: 'a says stockout' } } },
    });
    const wrong = await scarce('wrong', ['a', 'b']);
    const refusal = { type: 'invalid-request', message: 'no such type' };
    expect(await wrong.control.nextLaunch({ attemptId: wrong.attemptId, launch: 1, refusal })).toEqual({
      ...{ kind: 'end', error: refusal },
    });
    expect(await world.store.launchRefusals.ofJob(wrong.jobId)).toEqual([]);
    const found = await scarce('found', ['a', 'b']);
    await world.store.reconcile.confirmTermination([found.attemptId], new Date());
    const lost = { type: 'transient', message: 'no answer' };
    expect(await found.control.nextLaunch({ attemptId: found.attemptId, launch: 1, refusal: lost })).toEqual({
      ...{ kind: 'end', error: lost },
    });
    // After a wait the last refusal is returned again.
    expect(await found.control.nextLaunch({ attemptId: found.attemptId, launch: 1, refusal: null })).toEqual({
      ...{ kind: 'end', error: { type: 'unavailable', message: 'no answer' } },
    });
  });

  test('is followed by nothing while the job is held', async () => {
    const { provider, attemptId, jobId, offer } = await scarce('held', ['a', 'b']);
    await world.store.jobs.setSignals(jobId, { ...noSignals, hold: { isHeld: true, atMs: 1, id: 'x' } });
    expect(await provider.tryLaunch({ attemptId, offer, launch: 1 })).toMatchObject({
      ...{ kind: 'next', next: { kind: 'wait', reason: expect.stringMatching(/^held since/) } },
    });
  });

  test('other jobs hear of it', async () => {
    const { control, provider, attemptId, offer } = await scarce('heard', ['a', 'b']);
    await provider.tryLaunch({ attemptId, offer, launch: 1 });
    const { id } = await world.addJob({ placement: { providers: ['heard'] } });
    await control.prepareJob({ jobId: id });
    expect(await control.decideNext({ jobId: id, decision: 1, watched: [] })).toMatchObject({ kind: 'wait' });
  });
});

/** Bytes of all rows of the job as PostgreSQL stores them, without dead rows. */
async function bytesOf(jobId: string): Promise<number> {
  const like = `%${jobId}%`;
  const client = new pg.Client(world.databaseUrl);
  await client.connect();
  const { rows } = await client.query<{ bytes: string }>(
    `select (
      (select coalesce(sum(pg_column_size(one.*)), 0) from attempts one where job_id = $1)
      + (select coalesce(sum(pg_column_size(one.*)), 0) from decisions one where job_id = $1)
      + (select coalesce(sum(pg_column_size(one.*)), 0) from launch_refusals one where job_id = $1)
      + (select coalesce(sum(pg_column_size(one.*)), 0) from jobs one where id = $1)
      + (select coalesce(sum(pg_column_size(one.*)), 0) from events one where subject like $2)
    ) as bytes`,
    [jobId, like],
  );
  await client.end();
  return Number(rows[0]?.bytes);
}

test('a scarce type: refusals without end cost rows of their offers, and little for each round', async () => {
  const zones = Array.from({ length: 36 }, (_, index) => `zone-${index}`);
  const { cloud, clock, control, provider, attemptId, jobId, offer } = await scarce('volume', zones);
  const rounds = { count: 0, resultBytes: 0 };
  let launch = 1;
  let at = offer;
  const round = async (activities: ProviderActivities): Promise<void> => {
    const result = await activities.tryLaunch({ attemptId, offer: at, launch });
    if (result.kind !== 'next') throw new Error('launched');
    rounds.count++;
    rounds.resultBytes += JSON.stringify(result).length;
    let { next } = result;
    ({ launch } = result);
    while (next.kind === 'wait') {
      clock.ms += next.waitMs;
      next = await control.nextLaunch({ attemptId, launch, refusal: null });
    }
    if (next.kind === 'end') throw new Error(next.error.message);
    ({ launch, offer: at } = next);
  };
  const wanted = 360;
  while (cloud.asked.length < wanted) await round(provider);
  const refusals = await world.store.launchRefusals.ofJob(jobId);
  expect(refusals).toHaveLength(36);
  expect(refusals.reduce((sum, { total }) => sum + total, 0)).toBe(cloud.asked.length);
  expect(await world.store.attempts.listByJob(jobId)).toHaveLength(1);
  expect((await world.store.decisions.page({ jobId, limit: 10 })).items).toEqual([]);
  const bytes = await bytesOf(jobId);
  process.stdout.write(
    `${cloud.asked.length} refusals in ${rounds.count} rounds: ${bytes} bytes of rows, ${rounds.resultBytes} bytes of results\n`,
  );
  // Most offers are tried together: a day of 5,000 refusals has some 150 rounds.
  expect(rounds.count).toBeLessThanOrEqual(Math.ceil(cloud.asked.length / 36) + 3);
  expect(bytes).toBeLessThanOrEqual(60_000 + rounds.count * 3000);
}, 600_000);
