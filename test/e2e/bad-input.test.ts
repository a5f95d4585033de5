import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView, LogPage, MetricPoint } from '@artenic/core';
import pg from 'pg';
import { counterJob, counterResult } from '../chaos/jobs.ts';
import { processesOf, temporalCli } from '../chaos/faults.ts';
import { attemptsOf, endOf } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { isFull } from '../support/share.ts';
import { createStack } from '../support/stack.ts';
import { attemptWorkflowId, failoverWorkflowId, trainingJobWorkflowId } from '../../workflows/contracts/index.ts';

const planted = `planted-${randomBytes(18).toString('hex')}`;
const stack = createStack({ ARTENIC_LOCAL_VCPU: '4', ARTENIC_SECRET_API_TOKEN: planted });

const submit = async (spec: Record<string, unknown>) => (await stack.request<JobView>('POST', '/api/v1/jobs', spec)).id;
const jobView = (id: string) => stack.request<JobView>('GET', `/api/v1/jobs/${id}`);
const ended = (id: string, timeoutMs = 90_000) => endOf(stack, id, timeoutMs);
const inState = (id: string, state: string) =>
  poll(`job ${id} to be ${state}`, 30_000, async () => ((await jobView(id)).state === state ? true : null));
const answerTo = async (body: string, type = 'application/json') => {
  const response = await fetch(`${stack.endpoints().api}/api/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.adminKey()}`, 'content-type': type },
    body,
  });
  return {
    status: response.status,
    problem: (await response.json()) as {
      type: string;
      detail: string;
      errors?: { line?: number; pointer: string; message: string }[];
    },
  };
};

const logBytes = isFull ? 200_000_000 : 120_000_000;
const secretScript = `import hashlib, os\nprint('leak', os.environ['API_TOKEN'])\nopen(os.environ['ARTENIC_OUTPUT_DIR'] + '/hash', 'w').write(hashlib.sha256(os.environ['API_TOKEN'].encode()).hexdigest())`;
const metricsScript = `import os\nf = open(os.environ['ARTENIC_METRICS_FILE'], 'a')\nf.write('{"step": 1, "loss": NaN}\\nnot json\\n{"step": 2, "loss": 0.5}\\n')\nf.close()`;
/** Jobs that need only a slot. All are submitted at the start, so that they run in parallel with earlier tests. */
const specs = {
  missing: { command: 'no-such-program --x' },
  exit3: { command: 'exit 3' },
  list: { command: ['no-such-program'] },
  setup: { setup: 'echo preparing; exit 7', command: 'true' },
  logs: { command: `echo first; yes ${'x'.repeat(99)} | head -c ${logBytes}; echo last` },
  metrics: { command: ['python3', '-c', metricsScript] },
  corrupt: { command: 'printf garbage > "$ARTENIC_OUTPUT_DIR/model.onnx"' },
  noModel: { command: 'true', outputs: { model: { path: 'there/is/none.onnx' } } },
  hours: { command: 'sleep 60', maxHours: 2 / 3600, stopGraceSeconds: 1 },
  secret: { command: ['python3', '-c', secretScript], secrets: ['API_TOKEN'] },
};
const ids = new Map<keyof typeof specs, string>();
const idOf = (name: keyof typeof specs): string => ids.get(name) ?? '';

beforeAll(async () => {
  await stack.start();
  for (const name of Object.keys(specs) as (keyof typeof specs)[])
    ids.set(name, await submit({ service: 'bad', ...specs[name] }));
}, 120_000);
afterAll(() => stack.destroy(), 60_000);

test('wrong JSON, wrong YAML and unknown fields name the place', async () => {
  expect((await answerTo('{"service": ')).status).toBe(400);
  const yaml = await answerTo('service: x\ncommand: "true"\nsurprise: 1\n', 'application/yaml');
  expect(yaml.status).toBe(422);
  expect(yaml.problem.errors?.[0]).toMatchObject({ line: 3, pointer: '/surprise' });
  const broken = await answerTo('service: x\n  command: [', 'application/yaml');
  expect(broken.status).toBe(400);
  expect(JSON.stringify(broken.problem)).toMatch(/line/);
  expect(
    (await answerTo(JSON.stringify({ service: 'x', command: 'true', resources: { nodes: 2 } }))).problem.type,
  ).toContain('not-yet-supported');
  expect(
    (await answerTo(JSON.stringify({ service: 'x', command: 'true', resources: { vcpu: 1000 } }))).problem.type,
  ).toContain('larger-than-machine');
});

test('a body of 50 MB is refused', async () => {
  expect((await answerTo(`{"service": "${'x'.repeat(50_000_000)}"}`)).status).toBe(413);
});

test('a command that does not exist and an exit code fail the job with their reason', async () => {
  expect(await ended(idOf('missing'))).toMatchObject({ state: 'failed', message: expect.stringContaining('127') });
  expect(await ended(idOf('exit3'))).toMatchObject({ state: 'failed', message: expect.stringContaining('3') });
  expect((await attemptsOf(stack, idOf('exit3'))).length).toBe(1);
}, 120_000);

test('a list command that does not exist says so', async () => {
  const job = await ended(idOf('list'));
  expect(job.state).toBe('failed');
  expect(job.message).toMatch(/no-such-program|127/);
}, 120_000);

test('a failing setup has a log of its own and fails the job', async () => {
  const id = idOf('setup');
  const job = await ended(id);
  expect(job).toMatchObject({ state: 'failed', message: expect.stringContaining('7') });
  const page = await stack.request<LogPage>('GET', `/api/v1/jobs/${id}/logs?attempt=1&stream=setup&offset=0`);
  expect(page.text).toContain('preparing');
}, 120_000);

test(`${logBytes / 1e6} MB of logs keep head and tail, and say what was left out`, async () => {
  const id = idOf('logs');
  expect((await ended(id, 240_000)).state).toBe('succeeded');
  let kept = 0;
  let dropped = 0;
  let last = '';
  for (let offset = 0; ;) {
    const page = await stack.request<LogPage>(
      'GET',
      `/api/v1/jobs/${id}/logs?attempt=1&stream=training&offset=${offset}&limitBytes=4000000`,
    );
    if (offset === 0) expect(page.text.startsWith('first\n')).toBe(true);
    if (page.nextOffset === offset) break;
    kept += page.text.length;
    dropped += page.droppedBytes;
    last = page.text.slice(-100);
    offset = page.nextOffset;
  }
  expect(last.endsWith('last\n')).toBe(true);
  expect(kept).toBeLessThanOrEqual(105_000_000);
  expect(kept + dropped).toBe(logBytes + 11);
}, 300_000);

test('a NaN metric is kept as such, a bad line is told and fails nothing', async () => {
  const id = idOf('metrics');
  expect((await ended(id)).state).toBe('succeeded');
  const { items } = await stack.request<{ items: MetricPoint[] }>('GET', `/api/v1/jobs/${id}/metrics`);
  expect(items.map((point) => [point.step, point.value, point.nonFinite ?? null])).toEqual([
    [1, null, 'NaN'],
    [2, 0.5, null],
  ]);
}, 120_000);

test('a corrupt model fails the job with the reason', async () => {
  const job = await ended(idOf('corrupt'));
  expect(job.state).toBe('failed');
  expect(job.message).toMatch(/model/i);
  expect(await ended(idOf('noModel'))).toMatchObject({
    state: 'failed',
    message: expect.stringContaining('there/is/none.onnx'),
  });
}, 120_000);

test('a truncated checkpoint is passed over for the one before', async () => {
  const config = { total: 60, every: 5, delay: 0.1 };
  const id = await submit(counterJob(config));
  await poll('three checkpoints', 30_000, async () =>
    ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) >= 3 ? true : null,
  );
  const [runner] = processesOf(id, 'runner');
  if (runner === undefined) throw new Error('no runner');
  process.kill(runner, 'SIGKILL');
  const folder = join(stack.home, 'objects', 'jobs', id, 'checkpoints');
  const newest = join(folder, readdirSync(folder).toSorted().at(-1) ?? '');
  const [file] = readdirSync(join(newest, 'files'));
  const path = join(newest, 'files', file ?? '');
  truncateSync(path, Math.floor(statSync(path).size / 2));
  expect((await ended(id, 90_000)).state).toBe('succeeded');
  const attempts = await attemptsOf(stack, id);
  expect(attempts.length).toBe(2);
  const truncated = (JSON.parse(readFileSync(join(newest, 'manifest.json'), 'utf8')) as { name: string }).name;
  expect(attempts[1]?.restoredFrom).toMatch(/^step-/);
  expect(attempts[1]?.restoredFrom).not.toBe(truncated);
  const result = await stack.request<{ state: string }>('GET', `/api/v1/jobs/${id}/outputs/2/result.json`);
  expect(result.state).toBe(counterResult(config.total).state);
}, 150_000);

test('cancel in every phase ends the job and leaves nothing', async () => {
  const full = { vcpu: 4 };
  const cancel = (id: string) => stack.request<JobView>('POST', `/api/v1/jobs/${id}/cancel`, {});
  const inSetup = await submit({
    service: 'bad',
    setup: 'sleep 60',
    command: 'true',
    resources: full,
    stopGraceSeconds: 1,
  });
  await inState(inSetup, 'setup');
  const waiting = await submit({ service: 'bad', command: 'sleep 60', resources: full });
  await inState(waiting, 'waiting');
  expect((await jobView(waiting)).queuePosition).toBe(1);
  await cancel(waiting);
  expect((await ended(waiting)).state).toBe('cancelled');
  await cancel(inSetup);
  expect((await ended(inSetup)).state).toBe('cancelled');
  const stubborn = await submit({ service: 'bad', command: "trap '' TERM; sleep 60", stopGraceSeconds: 1 });
  await inState(stubborn, 'running');
  await cancel(stubborn);
  expect((await ended(stubborn)).state).toBe('cancelled');
  const atOnce = await submit({ service: 'bad', command: 'sleep 60', stopGraceSeconds: 1 });
  await cancel(atOnce);
  expect((await ended(atOnce)).state).toBe('cancelled');
  const again = await fetch(`${stack.endpoints().api}/api/v1/jobs/${atOnce}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.adminKey()}` },
  });
  expect(again.status).toBe(409);
  for (const id of [inSetup, waiting, stubborn, atOnce]) expect(processesWith(`ARTENIC_ATTEMPT_ID=${id}/`)).toEqual([]);
}, 180_000);

test('maxHours stops the job as timed-out', async () => {
  expect((await ended(idOf('hours'))).state).toBe('timed-out');
}, 120_000);

test('a planted secret reaches the training and is found nowhere else', async () => {
  const id = idOf('secret');
  expect((await ended(id)).state).toBe('succeeded');
  const hash = await fetch(`${stack.endpoints().api}/api/v1/jobs/${id}/outputs/1/hash`, {
    headers: { authorization: `Bearer ${stack.adminKey()}` },
  });
  expect(await hash.text()).toBe(createHash('sha256').update(planted).digest('hex'));
  const page = await stack.request<LogPage>('GET', `/api/v1/jobs/${id}/logs?attempt=1&stream=training&offset=0`);
  expect(page.text).toContain('leak ***');
  expect(await foundIn(id)).toEqual([]);
}, 120_000);

/**
 * Searches for the secret in histories, tables, and all files of the home except the database's own and the instance's
 * raw log.
 */
async function foundIn(jobId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const workflowId of [trainingJobWorkflowId(jobId), failoverWorkflowId(jobId), attemptWorkflowId(jobId, 1)]) {
    const history = temporalCli(stack, ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json']);
    expect(history.ok).toBe(true);
    // Payloads are base64 in this output, so their decoded form is searched as well.
    const decoded = [...history.output.matchAll(/"data":\s*"([A-Za-z0-9+/=]+)"/g)].map((match) =>
      Buffer.from(match[1] ?? '', 'base64').toString(),
    );
    if (`${history.output}${decoded.join()}`.includes(planted)) found.push(workflowId);
  }
  const client = new pg.Client({ connectionString: stack.endpoints().databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  for (const { name } of rows) {
    const hit = await client.query(`select 1 from ${name} t where t::text like $1 limit 1`, [`%${planted}%`]);
    if ((hit.rowCount ?? 0) > 0) found.push(`table ${name}`);
  }
  await client.end();
  const files = readdirSync(stack.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    const path = join(entry.parentPath, entry.name);
    const relative = path.slice(stack.home.length + 1);
    if (relative.startsWith('postgres/') || /^instances\/[^/]+\/logs\//.test(relative)) continue;
    if (readFileSync(path).includes(planted)) found.push(relative);
  }
  return found;
}

test('the platform is still healthy after all of that', async () => {
  expect((await fetch(`${stack.endpoints().api}/readyz`)).status).toBe(200);
  expect((await ended(await submit({ service: 'bad', command: 'true' }))).state).toBe('succeeded');
}, 60_000);
