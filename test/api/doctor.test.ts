import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ArtenicError } from '../../core/errors.ts';
import type { DoctorReport, GarbageReport, UnresolvedInstance } from '@artenic/core';
import type { Stray } from '../../core/reconcile/types.ts';
import { collectorSteps } from '../../core/retention/rules.ts';
import { ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const report = async () => (await world.call('GET', '/api/v1/doctor')).json<DoctorReport>();
const findings = {
  instances: 1,
  attempts: 2,
  strays: 1,
  terminated: 0,
  refused: 0,
  settled: 0,
  restarted: 0,
  confirmed: 1,
};

async function sweep(provider: string): Promise<void> {
  const finishedAt = new Date();
  await world.store.reconcile.finishSweep({ provider, startedAt: finishedAt, finishedAt, findings });
}
function stray(instanceId: string, attemptId: string, dueAtMs: number | null): Stray {
  const handle = { provider: 'simulated', instanceId, attemptId, region: 'eu-north' };
  return {
    handle,
    reason: dueAtMs === null ? 'not-ending' : 'unknown-attempt',
    sinceMs: Date.now() - 3_600_000,
    dueAtMs,
  };
}

test('all is well: every provider is named, those that nobody has configured with what configures them', async () => {
  await sweep('local');
  await world.store.workers.alive({ id: 'w-1', queues: ['control', 'local'], temporalProblems: [] });
  const beforeMs = performance.now();
  const { ok, problems, providers, temporal, clockSkewMs } = await report();
  const tookMs = performance.now() - beforeMs;
  expect({ ok, problems, temporal }).toEqual({ ok: true, problems: [], temporal: 'ok' });
  // Both sides share a clock, so the measured skew is at most the duration of the request.
  expect(Math.abs(clockSkewMs)).toBeLessThanOrEqual(tookMs + 1);
  expect(providers).toMatchObject([
    { name: 'aws', state: 'not-configured', sweep: null, checkedAt: null },
    { name: 'local', state: 'usable', unresolved: 0, sweep: { error: null, findings } },
    { name: 'simulated', state: 'not-configured', sweep: null, checkedAt: null },
  ]);
  expect(providers[0]?.message).toContain('ARTENIC_AWS_REGIONS');
  expect(providers[2]?.message).toContain('ARTENIC_SIMULATED_CLOUD_URL');
});

test('credentials that a refresh of the offers met refused: every answer says so before the next check', async () => {
  const refusal = new ArtenicError('auth', 'The key has run out.');
  await world.store.catalogs.refused('local', refusal, new Date());
  const answers = await Promise.all(
    ['/api/v1/providers', '/health/detailed', '/api/v1/overview'].map((path) => world.call('GET', path)),
  );
  expect(answers.map((answer) => answer.json<unknown>())).toMatchObject([
    { items: [{ name: 'local', usable: false, message: 'The key has run out.' }] },
    { providers: [{ name: 'local', usable: false }] },
    { usableProviders: 0 },
  ]);
  expect((await report()).problems).toMatchObject([
    { kind: 'provider-unusable', severity: 'critical', provider: 'local', message: 'The key has run out.' },
  ]);
  await world.store.catalogs.put('local', [], 'all', new Date());
  expect((await report()).problems).toEqual([]);
});

test('a provider without credentials, and instances that it bills: what is wrong, since when, and what it costs', async () => {
  await world.store.providers.upsert({
    ...{ name: 'simulated', usable: false, message: 'The key has run out.', problem: 'credentials', clockSkewMs: 1 },
    ...{ checkedAt: new Date(), capacity: null },
    capabilities: { spot: true, preemptionNotice: true, idempotencyToken: false, regions: true },
  });
  const job = await world.addJob();
  const attemptId = await world.openAttempt(job.id);
  await world.store.reconcile.setStrays(
    'simulated',
    [stray('i-1', attemptId, null), stray('i-2', 'unknown/attempt-1', Date.now() + 60_000)],
    new Date(),
  );
  await world.store.reconcile.strayTried(stray('i-1', attemptId, null).handle, new Date(), 'transient: no answer');
  const { items } = (await world.call('GET', '/api/v1/instances/unresolved')).json<{ items: UnresolvedInstance[] }>();
  expect(items).toMatchObject([
    {
      instanceId: 'i-1',
      jobId: job.id,
      reason: 'not-ending',
      isInGrace: false,
      tries: 1,
      lastError: 'transient: no answer',
    },
    { instanceId: 'i-2', jobId: 'unknown', isInGrace: true, costUsdMicros: null },
  ]);
  const { ok, problems, unresolved, providers } = await report();
  expect(ok).toBe(false);
  expect(unresolved).toHaveLength(2);
  expect(providers.find(({ name }) => name === 'simulated')).toMatchObject({ state: 'unusable', unresolved: 2 });
  expect(problems.map(({ message }) => message)).toEqual([
    'The key has run out.',
    'Orphaned instance i-1 is still billed: the provider does not end it.',
  ]);
  const metrics = (await world.call('GET', '/metrics')).text;
  expect(metrics).toContain('artenic_unresolved_instances{provider="simulated"} 1');
  expect(metrics).toContain('artenic_unresolved_instances{provider="local"} 0');
  expect(metrics).toMatch(/artenic_reconcile_last_success_timestamp_seconds\{provider="local"\} \d{10}/);
  expect(metrics).toContain('artenic_database_up 1');
});

test('what appears past its grace and what is resolved is told, each once', async () => {
  await world.store.reconcile.setStrays('simulated', [], new Date());
  await world.store.reconcile.setStrays('simulated', [], new Date());
  await world.store.events.sequence();
  type Page = { items: { kind: string; subject: string }[] };
  const { items } = (await world.call('GET', '/api/v1/activity?limit=100')).json<Page>();
  const told = items
    .filter(({ kind }) => kind.startsWith('instance.'))
    .map(({ kind, subject }) => `${kind} ${subject}`);
  expect(told).toEqual(['instance.resolved i-1', 'instance.unresolved i-1']);
});

test('what has served its time is told by step, and stays', async () => {
  const old = new Date(Date.now() - 3 * 86_400_000);
  await world.store.idempotency.begin({
    ...{ key: 'old', principalId: 'p', route: 'r', bodySha256: '' },
    now: old,
    lockMs: 1,
  });
  for (let look = 0; look < 2; look++) {
    const { steps } = (await world.call('GET', '/api/v1/garbage')).json<GarbageReport>();
    expect(steps.map(({ step }) => step)).toEqual(collectorSteps);
    expect(steps[0]).toEqual({ step: 'requests', items: 1, rows: 1, objects: 0, bytes: 0, isMore: false });
  }
});

test('a machine that nobody hears is named, and those that were ended for it are counted', async () => {
  const [job, hour] = [await world.addJob(), 3_600_000];
  const silent = await world.openAttempt(job.id, 1);
  const since = new Date(Date.now() - hour);
  await world.store.attempts.setHandle(silent, stray('i-3', silent, null).handle, since);
  const said = async () =>
    (await report()).problems.map(({ message }) => message).filter((one) => /connected/.test(one));
  expect(await said()).toEqual([]);
  await world.store.uptime.note({ at: since, gapMs: 1, hadFault: true });
  await world.store.uptime.note({ at: new Date(), gapMs: 2 * hour, hadFault: false });
  expect(await said()).toEqual([expect.stringContaining(`The runner of ${silent} on i-3 has not connected for 60`)]);
  const ending = { kind: 'lost', exitCode: null, message: '', evidence: 'never-spoke' } as const;
  await world.store.attempts.end(silent, ending, new Date());
  expect(await said()).toEqual(['1 machine of local never connected within the last day. Artenic terminated it.']);
});

test('what needs a person has its age, the jobs that it holds up, and where to look; health says the same', async () => {
  const { store } = world;
  const job = await world.addJob();
  const ending = await world.openAttempt(job.id, 1);
  const minutes = (count: number): Date => new Date(Date.now() - count * 60_000);
  await store.attempts.setHandle(ending, stray('i-9', ending, null).handle, minutes(9));
  await store.reconcile.terminateTried(ending, minutes(2), 'transient: 503');
  await store.reconcile.terminateTried(ending, minutes(1), 'transient: 503');
  const of = async (kind: string) => (await report()).problems.filter((one) => one.kind === kind);
  expect(await of('ending-refused')).toMatchObject([
    {
      ...{ severity: 'critical', jobId: job.id, jobsBlocked: 1, since: expect.any(String) },
      message: expect.stringContaining('refuses to end i-9 (2 tries, last answer: transient: 503)'),
    },
  ]);
  expect(await of('provider-unusable')).toMatchObject([{ subject: 'simulated', since: expect.any(String) }]);
  const health = (await world.call('GET', '/health/detailed')).json<{
    worker: object;
    problems: DoctorReport['problems'];
  }>();
  expect(health.worker).toMatchObject({ state: 'ok', lastSeenAt: expect.any(String) });
  expect(health.problems.map(({ kind }) => kind)).toEqual((await report()).problems.map(({ kind }) => kind));
  // the provider has taken the request: nothing is refused any more
  await store.reconcile.terminateTried(ending, new Date(), null);
  expect(await of('ending-refused')).toEqual([]);
});

test('another try to end an orphaned instance: stored, and a sweep starts at once; not during its grace', async () => {
  const { store } = world;
  const soon = stray('i-5', 'unknown/attempt-1', Date.now() + 60_000);
  await store.reconcile.setStrays('simulated', [stray('i-4', 'unknown/attempt-1', null), soon], new Date());
  const retry = (provider: string, instanceId: string) =>
    world.call('POST', '/api/v1/instances/unresolved/retry', { body: { provider, instanceId } });
  const answer = await retry('simulated', 'i-4');
  expect([answer.status, answer.json<UnresolvedInstance>().instanceId]).toEqual([202, 'i-4']);
  expect(world.temporal.of('sweep')).toEqual([['simulated']]);
  const rows = await store.reconcile.strays('simulated', new Date());
  expect(rows.find(({ instanceId }) => instanceId === 'i-4')?.retryAskedAt).toBeInstanceOf(Date);
  expect((await retry('simulated', 'i-5')).status).toBe(409);
  expect((await retry('simulated', 'i-6')).status).toBe(404);
  expect(world.temporal.of('sweep')).toHaveLength(1);
  // Temporal is away: the wish is stored all the same
  world.temporal.isAway = true;
  expect((await retry('simulated', 'i-4')).status).toBe(202);
  world.temporal.isAway = false;
  await store.reconcile.setStrays('simulated', [], new Date());
});

test('the command that ends an instance by hand, where its provider has one', async () => {
  const { store } = world;
  const of = { region: 'eu-central-1', attemptId: 'unknown/attempt-1', provider: 'aws' };
  const put = (instanceId: string) =>
    store.reconcile.setStrays('aws', [{ ...stray(instanceId, 'x', null), handle: { ...of, instanceId } }], new Date());
  const command = async () => (await report()).unresolved.find(({ provider }) => provider === 'aws')?.endCommand;
  await put('i-0abc');
  expect(await command()).toBe('aws ec2 terminate-instances --region eu-central-1 --instance-ids i-0abc');
  await put('i-1; rm -rf ~');
  expect(await command()).toBeNull();
  await store.reconcile.setStrays('aws', [], new Date());
});
