import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  longestManifestBytes,
  objectKeys,
  type AttemptView,
  type CheckpointManifest,
  type HelloResponse,
  type MetricPoint,
  type MetricSeries,
  type SystemMetrics,
} from '@artenic/core';
import { pino } from 'pino';
import { ArtenicError } from '../../core/errors.ts';
import { databaseOf } from '../../store/database.ts';
import { closeOrm, openOrm } from '../../store/orm.ts';
import { createAttempts } from '../../store/attempts/repository.ts';
import { createJobs } from '../../store/jobs/repository.ts';
import { bootstrapTokenOf } from '../../store/access/tokens.ts';
import { defaultLimits } from '../../api/deps.ts';
import { startRelay } from '../../workers/loops/relay.ts';
import { poll } from '../support/poll.ts';
import { ApiWorld, errorOf, keyPepper, type Runner } from './harness.ts';

const metricPoints = 100;
let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({ limits: { ...defaultLimits, metricPoints } });
});
afterAll(() => world.close());

const newToken = () => randomBytes(32).toString('base64url');
const beat = (runner: Pick<Runner, 'token'>, progress: number | null = null) =>
  world.ship(runner, 'heartbeat', { phase: 'training', progress });
const manifest = (jobId: string, attempt: number, sequence: number): CheckpointManifest => ({
  ...{ jobId, attempt, sequence, name: `step-${attempt}-${sequence}`, directory: false },
  files: [],
  createdAt: new Date().toISOString(),
});
async function store(one: CheckpointManifest): Promise<void> {
  const key = objectKeys.checkpointManifest(one.jobId, one.attempt, one.sequence);
  await world.deps.storage.put(key, Buffer.from(JSON.stringify(one)));
}
async function metricsOf(jobId: string): Promise<MetricPoint[]> {
  return (await world.call('GET', `/api/v1/jobs/${jobId}/metrics`)).json<{ items: MetricPoint[] }>().items;
}

test('hello trades the right bootstrap token for the first runner’s own', async () => {
  const job = await world.addJob({ secrets: ['TOKEN'], maxHours: 2 });
  const attemptId = await world.openAttempt(job.id);
  const [token, rival] = [newToken(), newToken()];
  expect((await world.hello(attemptId, token, 'x'.repeat(43))).status).toBe(401);
  expect((await world.hello(attemptId, token, bootstrapTokenOf(keyPepper, `${attemptId}0`))).status).toBe(401);
  expect((await world.hello(attemptId, 'short')).status).toBe(422);
  expect((await beat({ token })).status).toBe(401);
  const beforeMs = Date.now();
  const answer = await world.hello(attemptId, token);
  expect(answer.status).toBe(200);
  const first = answer.json<HelloResponse>();
  expect(first).toMatchObject({ secrets: { TOKEN: 'secret of TOKEN' }, checkpoints: [], job: { service: 'penguins' } });
  const begunMs = Date.parse(first.stopAt) - 2 * 3_600_000;
  expect(begunMs).toBeGreaterThanOrEqual(beforeMs);
  expect(begunMs).toBeLessThanOrEqual(Date.now());
  // A repeat with the same token is the same runner; its stop time does not move.
  expect((await world.hello(attemptId, token)).json<HelloResponse>().stopAt).toBe(first.stopAt);
  const second = await world.hello(attemptId, rival);
  expect([second.status, errorOf(second)]).toEqual([409, 'fenced']);
  expect([(await beat({ token })).status, (await beat({ token: rival })).status]).toEqual([200, 401]);
  expect(world.temporal.of('signal')).toContainEqual([
    attemptId,
    expect.objectContaining({ kind: 'hello', stopAt: first.stopAt }),
  ]);
  const { items } = (await world.call('GET', `/api/v1/jobs/${job.id}/attempts`)).json<{ items: AttemptView[] }>();
  expect(items).toMatchObject([
    { attempt: 1, state: 'starting', helloAt: expect.any(String), lastHeartbeatAt: expect.any(String) },
  ]);
});

test('whatever a machine asks under its own token is a sign of life, also a hello that is held back', async () => {
  const job = await world.addJob();
  const warned = await world.startAttempt(job.id, 1);
  await world.store.attempts.notice(warned.attemptId, new Date(Date.now() + 60_000), new Date());
  const offer = { provider: 'local', region: 'local', instanceType: 'local', spot: false, priceUsdMicrosPerHour: 0 };
  const id = `${job.id}/attempt-2`;
  await world.store.attempts.open({ id, jobId: job.id, attempt: 2, offer, reason: 'beside', createdAt: new Date() });
  const lastSign = async (attemptId: string) => (await world.store.attempts.get(attemptId)).lastHeartbeatAt;
  expect((await world.hello(id, newToken(), 'x'.repeat(43))).status).toBe(401);
  expect(await lastSign(id)).toBeNull();
  expect((await world.hello(id, newToken())).status).toBe(503);
  expect(await lastSign(id)).not.toBeNull();

  const sign = await lastSign(warned.attemptId);
  const ship = () => world.ship(warned, 'logs?stream=training&offset=0', 'line\n');
  expect((await ship()).status).toBe(200);
  // Signs of life within a heartbeat's time of the last one are not stored.
  expect(await lastSign(warned.attemptId)).toEqual(sign);
  await poll('a sign that is written down', 10_000, async () => {
    await ship();
    return (await lastSign(warned.attemptId))?.getTime() === sign?.getTime() ? null : true;
  });
});

test('a heartbeat that the API cannot take is a fault of ours; one that it refuses is none', async () => {
  const runner = await world.startRunner();
  world.deps.hearing.takeFault();
  expect((await beat(runner)).status).toBe(200);
  expect((await beat({ token: newToken() })).status).toBe(401);
  expect(world.deps.hearing.takeFault()).toBe(false);
  const away = await ApiWorld.start({
    store: {
      ...world.deps.store,
      attempts: { ...world.deps.store.attempts, hear: () => Promise.reject(new ArtenicError('unavailable', 'away')) },
    },
  });
  try {
    expect((await away.ship(runner, 'heartbeat', { phase: 'training', progress: null })).status).toBe(503);
    expect([away.deps.hearing.takeFault(), away.deps.hearing.takeFault()]).toEqual([true, false]);
  } finally {
    await away.close();
  }
});

test('of ten runners that say hello at once one gets the attempt', async () => {
  const attemptId = await world.openAttempt((await world.addJob()).id);
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.hello(attemptId, newToken())));
  expect(answers.filter(({ status }) => status === 200).length).toBe(1);
  expect(answers.filter(({ status }) => status === 409).length).toBe(9);
});

test('when the fence has moved, nothing of the old attempt is taken', async () => {
  const old = await world.startRunner();
  const next = await world.startAttempt(old.jobId, 2);
  const hello = await world.hello(old.attemptId, old.token);
  expect([hello.status, errorOf(hello)]).toEqual([409, 'fenced']);
  const sent = [
    await beat(old, 0.9),
    await world.ship(old, 'logs?stream=training&offset=0', 'late'),
    await world.ship(old, 'metrics?offset=0', '{"step": 1, "late": 1}\n'),
    await world.ship(old, 'events', { kind: 'exited', id: 'e1', exitCode: 0 }),
    await world.ship(old, 'checkpoints', manifest(old.jobId, 1, 1)),
  ];
  for (const answer of sent) expect([answer.status, errorOf(answer)]).toEqual([409, 'fenced']);
  expect(await metricsOf(old.jobId)).toEqual([]);
  expect((await world.store.jobs.get(old.jobId)).progress).toBeNull();
  expect((await beat(next, 0.1)).status).toBe(200);
  expect(world.temporal.of('signal').filter(([id]) => id === old.attemptId).length).toBe(1);
});

test('an ended attempt may deliver what it wrote, and begin nothing', async () => {
  const runner = await world.startRunner();
  await world.store.attempts.end(runner.attemptId, { kind: 'lost', exitCode: null, message: 'gone' }, new Date());
  expect((await world.ship(runner, 'logs?stream=training&offset=0', 'last words')).status).toBe(200);
  const phase = await world.ship(runner, 'events', { kind: 'phase', id: 'p1', phase: 'training' });
  expect([phase.status, errorOf(phase)]).toEqual([409, 'fenced']);
  expect((await beat(runner)).status).toBe(409);
  expect((await world.hello(runner.attemptId, runner.token)).status).toBe(409);
});

test('checkpoints come from storage: the newest three whole ones, also those nobody told of, whatever lies among them', async () => {
  const first = await world.startRunner();
  for (const sequence of [1, 2, 10]) await store(manifest(first.jobId, 1, sequence));
  const keyOf = (attempt: number, sequence: number) => objectKeys.checkpointManifest(first.jobId, attempt, sequence);
  await world.deps.storage.put(keyOf(1, 11), Buffer.from('{"half": '));
  await world.deps.storage.put(keyOf(1, 12), Buffer.alloc(longestManifestBytes + 1, ' '));
  // A manifest that names an object of another attempt.
  const key = objectKeys.output(first.jobId, 1, 'x');
  await store({ ...manifest(first.jobId, 1, 13), files: [{ path: 'x', key, bytes: 1, sha256: '0'.repeat(64) }] });
  expect((await world.ship(first, 'checkpoints', manifest(first.jobId, 1, 2))).status).toBe(200);
  expect((await world.ship(first, 'checkpoints', manifest(first.jobId, 1, 2))).status).toBe(200);
  const foreign = await world.ship(first, 'checkpoints', manifest(first.jobId, 2, 3));
  expect([foreign.status, errorOf(foreign)]).toEqual([403, 'forbidden']);
  await store(manifest(first.jobId, 2, 1));
  const restored = async (attempt: number): Promise<(readonly [number, number])[]> => {
    const attemptId = await world.openAttempt(first.jobId, attempt);
    const { checkpoints } = (await world.hello(attemptId, newToken())).json<HelloResponse>();
    return checkpoints.map((one) => [one.attempt, one.sequence] as const);
  };
  expect(await restored(3)).toEqual([
    [2, 1],
    [1, 10],
    [1, 2],
  ]);
  // At most sixteen damaged manifests are read.
  for (let sequence = 2; sequence < 18; sequence++) await world.deps.storage.put(keyOf(2, sequence), Buffer.from('['));
  expect(await restored(4)).toEqual([]);
});

test('points of a job beyond the cap are left out and told once; the stream goes on', async () => {
  const runner = await world.startRunner();
  const lines = Array.from({ length: 60 }, (_, step) => `{"step": ${step}, "a": 1, "b": 2}\n`);
  let offset = 0;
  for (const text of [lines.slice(0, 40).join(''), lines.slice(40).join(''), '{"step": 99, "a": 1}\n']) {
    const answer = await world.ship(runner, `metrics?offset=${offset}`, text);
    offset += text.length;
    expect(answer.json()).toEqual({ nextOffset: offset });
  }
  expect(await metricsOf(runner.jobId)).toHaveLength(metricPoints);
  await world.store.events.sequence();
  const told = (await world.store.events.after(0n, 10_000)).filter(
    ({ kind, subject }) => kind === 'job.metric-error' && subject === runner.jobId,
  );
  expect(told.map(({ data }) => data)).toEqual([{ attempt: 1, mostPoints: metricPoints }]);
});

const windowLine = (at: number, values: Readonly<Record<string, readonly number[]>>, seconds = 10) =>
  `${JSON.stringify({ at, seconds, values })}\n`;

test('system metrics are stored once, merged with their extremes kept, and read by attempt', async () => {
  const runner = await world.startRunner();
  const read = async (query: string): Promise<SystemMetrics> =>
    (await world.call('GET', `/api/v1/jobs/${runner.jobId}/system-metrics${query}`)).json<SystemMetrics>();
  expect(await read('')).toEqual({ attempt: 1, items: [] });
  const startMs = Date.UTC(2026, 0, 1);
  // One in 400 windows has a peak; a window of a minute weighs more than one of ten seconds.
  const lines = Array.from({ length: 400 }, (_, index) =>
    windowLine(startMs + index * 10_000, {
      'machine-cpu': index === 123 ? [1, 20, 99] : [5, 20, 30],
      'machine-memory-total': [64e9, 64e9, 64e9],
      ...(index % 3 === 0 ? { 'gpu-0-use': [0, 2, 4] } : {}),
      'of-a-later-release': [1, 1, 1],
    }),
  );
  const text = [...lines, 'no window\n', windowLine(-1, {}), windowLine(1, { 'machine-cpu': [1, 2, -3] })].join('');
  const half = text.length / 2;
  for (const [offset, piece] of [
    [0, text.slice(0, text.lastIndexOf('\n', half) + 1)],
    [0, text],
    [0, text],
  ] as const)
    expect((await world.ship(runner, `system?offset=${offset}`, piece)).json()).toEqual({ nextOffset: piece.length });
  expect((await world.ship(runner, 'system?offset=1000000', 'x')).status).toBe(409);

  const { items } = await read('?limit=100');
  expect(items.map(({ name }) => name)).toEqual(['gpu-0-use', 'machine-cpu', 'machine-memory-total']);
  const cpu = items[1];
  expect(cpu?.times).toHaveLength(100);
  expect(cpu?.times.at(-1)).toBe(new Date(startMs + 399 * 10_000).toISOString());
  expect([Math.min(...(cpu?.least ?? [])), Math.max(...(cpu?.greatest ?? []))]).toEqual([1, 99]);
  expect(new Set(cpu?.mean)).toEqual(new Set([20]));
  expect(cpu?.recent).toEqual({ seconds: 600, mean: 20, greatest: 30 });
  expect(items[2]?.recent?.greatest).toBeCloseTo(64e9, -4);
  expect((await read('?limit=2000')).items[1]?.times).toHaveLength(400);
  expect(await read('?attempt=2')).toEqual({ attempt: 2, items: [] });

  // Another attempt has taken over.
  await world.startAttempt(runner.jobId, 2);
  const late = await world.ship(
    runner,
    `system?offset=${text.length}`,
    windowLine(startMs, { 'machine-cpu': [1, 1, 1] }),
  );
  expect([late.status, errorOf(late)]).toEqual([409, 'fenced']);
  expect((await read('')).attempt).toBe(2);
});

test('phases move the job; what Temporal could not hear is kept, and the relay tells it in its order', async () => {
  const runner = await world.startRunner();
  await world.store.jobs.transition(runner.jobId, 'preparing');
  await world.store.jobs.transition(runner.jobId, 'waiting');
  await world.store.jobs.transition(runner.jobId, 'provisioning');
  const phase = { kind: 'phase', id: 'training', phase: 'training', restoredFrom: 'step-4' };
  world.temporal.isAway = true;
  expect((await world.ship(runner, 'events', phase)).status).toBe(200);
  expect((await world.ship(runner, 'events', phase)).status).toBe(200);
  const exited = { kind: 'exited', id: 'exited', exitCode: 0 };
  expect((await world.ship(runner, 'events', exited)).status).toBe(200);
  world.temporal.isAway = false;
  const told = () => world.temporal.of('signal').flatMap(([id, event]) => (id === runner.attemptId ? [event] : []));
  expect(told()).toMatchObject([{ kind: 'hello' }]);
  const { store, temporal } = world;
  const now = () => new Date(Date.now() + 10_000);
  const relay = startRelay({ store, temporal, logger: pino({ level: 'silent' }), intervalMs: 50, now });
  try {
    await poll('the relay', 10_000, async () => (told().length > 2 ? true : null));
  } finally {
    await relay.close();
  }
  expect(told()).toMatchObject([{ kind: 'hello' }, phase, exited]);
  expect(await store.runnerEvents.waiting({ olderThan: now(), limit: 10 })).toEqual([]);
  expect((await world.store.jobs.get(runner.jobId)).state).toBe('running');
  expect(await world.store.attempts.get(runner.attemptId)).toMatchObject({ state: 'running', restoredFrom: 'step-4' });
  expect((await world.ship(runner, 'events', { kind: 'other', id: 'x' })).status).toBe(422);
});

test('a heartbeat takes progress up and brings the wish to stop down', async () => {
  const runner = await world.startRunner();
  expect((await beat(runner, 0.25)).json()).toEqual({ stop: null, checkpoint: null, notice: null });
  expect((await world.store.jobs.get(runner.jobId)).progress).toBe(0.25);
  expect((await beat(runner, 1.5)).status).toBe(422);
  expect((await world.call('POST', `/api/v1/jobs/${runner.jobId}/cancel`)).status).toBe(202);
  expect((await beat(runner)).json()).toMatchObject({ stop: { reason: 'stop-requested' } });
});

test('who follows a series gets what is new, and is told when that is not enough', async () => {
  const runner = await world.startRunner();
  const path = `/api/v1/jobs/${runner.jobId}/metrics`;
  const read = async (query: string) => (await world.call('GET', `${path}?${query}`)).json<MetricSeries>();
  const pair = ({ name, step }: MetricPoint) => [name, step];
  let offset = 0;
  const send = async (...steps: readonly number[]) => {
    const text = steps.map((step) => `{"step": ${step}, "a": 1, "b": 2}\n`).join('');
    await world.ship(runner, `metrics?offset=${offset}`, text);
    offset += text.length;
  };
  expect(await read('limit=10')).toEqual({ items: [], nextAfter: 0, reload: false });
  expect(await read('after=0')).toEqual({ items: [], nextAfter: 0, reload: false });
  await send(1, 2);
  expect(await read('after=0')).toMatchObject({ items: [], reload: true });
  const { items, nextAfter } = await read('limit=10');
  expect(items).toHaveLength(4);
  expect(await read(`after=${nextAfter}`)).toEqual({ items: [], nextAfter, reload: false });
  // A late step counts as new.
  await send(0, 3);
  const news = await read(`after=${nextAfter}`);
  expect([news.reload, news.items.map(pair)]).toEqual([
    false,
    [0, 3].flatMap((step) => [
      ['a', step],
      ['b', step],
    ]),
  ]);
  expect((await read(`after=${nextAfter}&names=b`)).items.map(pair)).toEqual([
    ['b', 0],
    ['b', 3],
  ]);
  expect((await read(`after=${news.nextAfter}`)).items).toEqual([]);
  expect(await read(`after=${nextAfter}&limit=3`)).toMatchObject({ items: [], reload: true });
  expect(await read(`after=${news.nextAfter + 1}`)).toMatchObject({ items: [], reload: true });
  expect((await world.call('GET', `${path}?after=-1`)).status).toBe(422);
});

test('a heartbeat tells how far the delivery is; an attempt that was replaced tells nothing of it', async () => {
  const runner = await world.startRunner();
  const deliver = (movedBytes: number) =>
    world.ship(runner, 'heartbeat', { phase: 'finishing', progress: null, delivery: { movedBytes } });
  expect((await deliver(70)).status).toBe(200);
  const told = await world.store.attempts.get(runner.attemptId);
  expect(told).toMatchObject({ deliveryMovedBytes: 70n, deliveryMovedAt: expect.any(Date) });
  await deliver(70);
  expect((await world.store.attempts.get(runner.attemptId)).deliveryMovedAt).toEqual(told.deliveryMovedAt);
  expect((await deliver(-1)).status).toBe(422);
  await world.store.jobs.moveFence(runner.jobId, 2);
  expect((await deliver(90)).status).toBe(409);
  expect((await world.store.attempts.get(runner.attemptId)).deliveryMovedBytes).toBe(70n);
});

test('`maxHours` counts running hours: the wait between two attempts does not', async () => {
  const { id: jobId } = await world.addJob({ maxHours: 2 });
  const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
  // The attempt ran for half an hour, and ended five hours ago.
  const first = await world.openAttempt(jobId, 1);
  await world.store.attempts.hello(first, 'its token', hoursAgo(5.5));
  await world.store.attempts.heartbeat(first, hoursAgo(5));
  await world.store.jobs.setStopAt(jobId, hoursAgo(3.5));
  await world.store.attempts.end(first, { kind: 'lost', exitCode: null, message: 'gone' }, hoursAgo(4.9));
  const token = newToken();
  const second = await world.openAttempt(jobId, 2);
  const { stopAt } = (await world.hello(second, token)).json<HelloResponse>();
  const leftHours = (Date.parse(stopAt) - Date.now()) / 3_600_000;
  expect(leftHours).toBeCloseTo(1.5, 1);
  expect((await world.store.jobs.get(jobId)).stopAt?.toISOString()).toBe(stopAt);
  expect((await world.hello(second, token)).json<HelloResponse>().stopAt).toBe(stopAt);
});

test('what an attempt sends that was replaced does not make its job run again', async () => {
  const old = await world.startRunner();
  await world.store.jobs.transition(old.jobId, 'recovering', { message: 'lost' });
  await world.startAttempt(old.jobId, 2);
  await world.store.jobs.transition(old.jobId, 'recovering', { message: 'lost' });
  const before = (await world.store.jobs.get(old.jobId)).state;
  const phase = { kind: 'phase', id: 'late', phase: 'training' };
  expect((await world.ship(old, 'events', phase)).status).toBe(409);
  expect((await world.store.jobs.get(old.jobId)).state).toBe(before);
});

test('a heartbeat that changes nothing is one statement', async () => {
  const runner = await world.startRunner();
  const orm = await openOrm({ databaseUrl: world.databaseUrl });
  const statements: string[] = [];
  const db = databaseOf(orm).withPlugin({
    transformQuery: ({ node }) => {
      statements.push(node.kind);
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  const { store } = world.deps;
  const counted = { attempts: createAttempts(db), jobs: createJobs(db) };
  const one = await ApiWorld.start({
    store: { ...store, ...counted, as: (principal) => Object.assign({ ...store.as(principal) }, counted) },
  });
  try {
    const takenBy = async (progress: number | null): Promise<number> => {
      statements.length = 0;
      expect((await one.ship(runner, 'heartbeat', { phase: 'training', progress })).status).toBe(200);
      return statements.length;
    };
    expect([await takenBy(null), await takenBy(0.5), await takenBy(0.5)]).toEqual([1, 2, 1]);
  } finally {
    await one.close();
    await closeOrm(orm);
  }
});

test('metric lines count once however often they are sent', async () => {
  const runner = await world.startRunner();
  const lines = Array.from({ length: 40 }, (_, step) => `{"step": ${step}, "loss": ${step / 2}}\n`);
  const text = lines.join('');
  const upTo = (count: number) => lines.slice(0, count).join('').length;
  const send = (from: number, to: number) =>
    world.ship(runner, `metrics?offset=${upTo(from)}`, text.slice(upTo(from), upTo(to)));
  expect((await send(0, 10)).json()).toEqual({ nextOffset: upTo(10) });
  expect((await send(0, 10)).json()).toEqual({ nextOffset: upTo(10) });
  expect((await send(5, 15)).json()).toEqual({ nextOffset: upTo(15) });
  const hole = await send(20, 25);
  expect([hole.status, errorOf(hole), hole.json()['expectedOffset']]).toEqual([409, 'offset-mismatch', upTo(15)]);
  const crowd = await Promise.all(Array.from({ length: 10 }, (_, index) => send(15, 30 + index)));
  for (const { status } of crowd) expect([200, 409]).toContain(status);
  expect((await send(0, 40)).json()).toEqual({ nextOffset: text.length });
  expect((await metricsOf(runner.jobId)).map(({ step, value }) => [step, value])).toEqual(
    lines.map((_, step) => [step, step / 2]),
  );
});

test('a hostile line is a bad line: requests are answered meanwhile, and the metrics around it are kept', async () => {
  const runner = await world.startRunner();
  const escapes = String.raw`\"`;
  const lines = [
    '{"step": 1, "a": 1, "b": "constructor", "c": "toString", "__proto__": 5}',
    `{"step": 2, "a": 2, "note": "${'x'.repeat(64_000)}"}`,
    `"${escapes.repeat(15_000)}`,
    `"${escapes.repeat(400_000)}`,
    ...Array.from({ length: 20_000 }, () => '{"step": NaN}'),
    '{"step": 3, "a": 3}',
  ];
  const sent = world.ship(runner, 'metrics?offset=0', `${lines.join('\n')}\n`);
  let alive = 0;
  let isDone = false;
  void sent.finally(() => (isDone = true));
  while (!isDone) {
    expect((await world.call('GET', '/livez')).status).toBe(200);
    alive++;
  }
  expect((await sent).status).toBe(200);
  // Requests are sent one at a time, each between two turns of the parser.
  expect(alive).toBeGreaterThan(5);
  expect((await metricsOf(runner.jobId)).map(({ name, step }) => [name, step])).toEqual([
    ['a', 1],
    ['a', 3],
  ]);
});

test('NaN and infinities are kept as such; lines that cannot be read are told and fail nothing', async () => {
  const runner = await world.startRunner();
  const text = [
    '{"step": 1, "a": NaN, "note": "NaN stays text"}',
    '{"step": 2, "a": Infinity}',
    '{"step": 3, "a": -Infinity}',
    'not json',
    '{"a": 1}',
    '{"step": 1.5, "a": 1}',
    '[1]',
    '{"step": 4, "a": -1e-320, "epoch": 2}',
    '',
  ].join('\n');
  expect((await world.ship(runner, 'metrics?offset=0', text)).status).toBe(200);
  const points = await metricsOf(runner.jobId);
  expect(points.map(({ name, step, value, nonFinite }) => [name, step, value, nonFinite])).toEqual([
    ['a', 1, null, 'NaN'],
    ['a', 2, null, 'Infinity'],
    ['a', 3, null, '-Infinity'],
    ['a', 4, -1e-320, undefined],
  ]);
  await world.store.events.sequence();
  const events = await world.store.events.after(0n, 1000);
  const told = events.filter(({ kind, subject }) => kind === 'job.metric-error' && subject === runner.jobId);
  expect(told.map(({ data }) => data)).toEqual([
    { attempt: 1, badLines: 4 },
    { attempt: 1, droppedValues: 1, droppedNames: ['note'] },
  ]);
});

test('values that are no numbers, and names that cannot be kept, are told once with their names', async () => {
  const runner = await world.startRunner();
  const dropped = { nested: { a: 1 }, list: [1], bool: true, text: '0.5', '': 2, 'nul\0': 3, ['long'.repeat(50)]: 4 };
  const text = `${JSON.stringify({ step: 1, kept: 1, absent: null, ...dropped })}\n`;
  expect((await world.ship(runner, 'metrics?offset=0', text)).status).toBe(200);
  expect((await world.ship(runner, `metrics?offset=${text.length}`, text)).status).toBe(200);
  expect((await metricsOf(runner.jobId)).map(({ name }) => name)).toEqual(['kept', 'kept']);
  await world.store.events.sequence();
  const events = await world.store.events.after(0n, 10_000);
  const told = events.filter(({ kind, subject }) => kind === 'job.metric-error' && subject === runner.jobId);
  const droppedNames = ['nested', 'list', 'bool', 'text', '', 'nul\uFFFD', 'long'.repeat(32)];
  expect(told.map(({ data }) => data)).toEqual([{ attempt: 1, droppedValues: 7, droppedNames }]);
});

test('a metric is asked for by its whole name, commas and all, as often as there are names', async () => {
  const runner = await world.startRunner();
  const text = `${JSON.stringify({ step: 1, 'recall, top-5': 0.6, 'val/acc@1': 0.5, a: 1, b: 2 })}\n`;
  expect((await world.ship(runner, 'metrics?offset=0', text)).status).toBe(200);
  const asked = async (query: string) => {
    const answer = await world.call('GET', `/api/v1/jobs/${runner.jobId}/metrics?${query}`);
    return answer.status === 200 ? (answer.json()['items'] as MetricPoint[]).map(({ name }) => name) : answer.status;
  };
  const comma = `name=${encodeURIComponent('recall, top-5')}`;
  expect(await asked(comma)).toEqual(['recall, top-5']);
  expect(await asked(`${comma}&name=a`)).toEqual(['a', 'recall, top-5']);
  expect(await asked('names=a,b')).toEqual(['a', 'b']);
  expect(await asked(`names=${encodeURIComponent('recall, top-5')}`)).toEqual(['recall, top-5']);
  expect(await asked(`names=a&${comma}`)).toEqual(['a', 'recall, top-5']);
  expect(await asked('name=none')).toEqual([]);
  expect(await asked('name=')).toBe(422);
  expect(await asked(`name=${'n'.repeat(129)}`)).toBe(422);
});
