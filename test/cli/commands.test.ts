import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { filesOfData, jobSpecSchema, type AttemptView, type DecisionView, type LaunchRefusalView } from '@artenic/core';
import { jobView, problem, startFakeApi, type Answer, type Call, type FakeApi } from '../sdk/client/fake-api.ts';
import { artenic, folderWith, type Finished, type RunOptions } from './artenic.ts';

const apiKey = 'aa_live_secret-key-of-the-test';
const id = '01900000-0000-7000-8000-000000000001';
let api: FakeApi | null = null;
let answerNow: (call: Call) => Answer = () => ({ status: 500 });

beforeAll(async () => {
  api = await startFakeApi((call) => answerNow(call));
});
afterAll(() => api?.close());
const calls = () => api?.calls ?? [];

function run(args: readonly string[], answer: (call: Call) => Answer, options: RunOptions = {}): Promise<Finished> {
  calls().length = 0;
  answerNow = answer;
  const env = { ARTENIC_URL: api?.url ?? '', ARTENIC_API_KEY: apiKey, ...options.env };
  return artenic(args, { ...options, env });
}

const folders: ReturnType<typeof folderWith>[] = [];
function folder(files: Readonly<Record<string, string>>): string {
  const made = folderWith(files);
  folders.push(made);
  return made.path;
}
afterEach(() => folders.splice(0).forEach(({ remove }) => remove()));

describe('dashboard', () => {
  test('a link whose token stays in the browser', async () => {
    const { exitCode, stdout, stderr } = await run(['dashboard'], () => ({
      status: 201,
      body: { token: 'once', expiresAt: '2026-01-01T00:15:00.000Z' },
    }));
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${api?.url ?? ''}/sign-in#token=once\n` });
    expect(stderr).toContain('Works once');
    expect(calls().map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/v1/session/links']);
  });
});

describe('gc', () => {
  const step = { step: 'job-details', items: 3, rows: 12, objects: 40, bytes: 2_500_000, isMore: true };
  const empty = { ...step, step: 'jobs', items: 0, rows: 0, objects: 0, bytes: 0, isMore: false };

  test('a dry run tells by step what would go; nothing else is offered', async () => {
    const { exitCode, stdout } = await run(['gc', '--dry-run'], () => ({ body: { steps: [step, empty] } }));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/job-details +3 +12 +40 +2\.5 MB +and more/);
    expect(stdout).not.toContain('jobs ');
    expect(calls().map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /api/v1/garbage']);
    const nothing = await run(['gc', '--dry-run'], () => ({ body: { steps: [empty] } }));
    expect(nothing.stdout).toBe('Nothing to remove.\n');
    const bare = await run(['gc'], () => ({ body: { steps: [] } }));
    expect([bare.exitCode, calls().length]).toEqual([2, 0]);
    expect(bare.stderr).toContain('--dry-run');
  });
});

describe('doctor', () => {
  const whole = {
    ...{ ok: true, now: new Date().toISOString(), clockSkewMs: 1, temporal: 'ok', unresolved: [], problems: [] },
    workers: [
      { queues: ['control'], startedAt: new Date().toISOString(), seenAt: new Date().toISOString(), state: 'alive' },
    ],
    providers: [
      {
        ...{ name: 'simulated', state: 'not-configured', problem: null, message: 'Set ARTENIC_SIMULATED_CLOUD_URL.' },
        ...{ checkedAt: null, clockSkewMs: null, pricedAt: null, sweep: null, unresolved: 0 },
      },
    ],
  };
  const instance = {
    ...{ provider: 'simulated', instanceId: 'i-7', region: 'eu-north', attemptId: 'a/attempt-1', jobId: 'a' },
    ...{ reason: 'not-ending', since: '2026-01-01T00:00:00.000Z', graceEndsAt: null, isInGrace: false, tries: 3 },
    ...{ priceUsdMicrosPerHour: 1_000_000, costUsdMicros: 2_500_000, lastTriedAt: null, lastError: 'transient: no' },
    endCommand: null,
  };

  test('all well: exit 0', async () => {
    const now = () => ({ ...whole, now: new Date().toISOString() });
    const { exitCode, stdout } = await run(['doctor'], () => ({ body: now() }));
    expect(exitCode).toBe(0);
    for (const text of [
      'simulated',
      'not set up',
      'Set ARTENIC_SIMULATED_CLOUD_URL.',
      'All checks passed.',
      'Workers: control.',
    ])
      expect(stdout).toContain(text);
  });

  test('something is wrong: exit 1, what and what to do, also as JSON', async () => {
    const since = new Date(Date.now() - 7_200_000).toISOString();
    const problems = [
      {
        ...{ id: 'a', kind: 'orphaned-instance', severity: 'critical', subject: 'simulated', since, jobsBlocked: 2 },
        ...{ jobId: null, provider: 'simulated', message: 'It is billed.', advice: 'End it by hand.' },
      },
    ];
    const answer = () => ({
      body: { ...whole, now: new Date().toISOString(), ok: false, problems, unresolved: [instance] },
    });
    const [text, json] = [await run(['doctor'], answer), await run(['doctor', '--json'], answer)];
    expect(text.exitCode).toBe(1);
    for (const part of ['i-7', '$2.50', 'the provider does not terminate it', 'It is billed.', 'End it by hand.'])
      expect(text.stdout).toContain(part);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems, unresolved: [instance] });
  });

  test('a clock of this machine that is wrong is told, too', async () => {
    const { exitCode, stdout } = await run(['doctor'], () => ({ body: { ...whole, now: '2026-01-01T00:00:00.000Z' } }));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/The clock of this machine is [\d.]+ s/);
  });

  test('instances: none, in their grace, past it', async () => {
    const items = (list: readonly object[]) => () => ({ body: { items: list } });
    const none = await run(['instances', '--unresolved'], items([]));
    expect(none).toMatchObject({ exitCode: 0, stdout: 'No orphaned instances.\n' });
    expect(await run(['instances'], items([{ ...instance, isInGrace: true }]))).toMatchObject({ exitCode: 0 });
    expect(await run(['instances'], items([instance]))).toMatchObject({ exitCode: 1 });
  });
});

describe('usage', () => {
  test('an unknown command: exit 2 and the one that was meant', async () => {
    const [first, second] = await Promise.all([artenic(['trainign', 'list']), artenic(['training', 'lits'])]);
    for (const [{ exitCode, stdout, stderr }, meant] of [
      [first, 'training'],
      [second, 'list'],
    ] as const) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain(`Did you mean ${meant}?`);
    }
  });

  test('help tells the commands and the exit codes', async () => {
    const { exitCode, stdout } = await artenic(['--help']);
    expect(exitCode).toBe(0);
    for (const word of ['up', 'health', 'training', 'model', 'predict', '--json', 'Exit codes'])
      expect(stdout).toContain(word);
  });

  test('what is wrong is refused before anything is sent', async () => {
    const wrong = [
      ['training', 'list', '--limit', 'many'],
      ['training', 'list', '--state', 'asleep'],
      ['model', 'promote', 'penguins', 'newest'],
      ['predict', 'penguins', '--json-input', '{'],
      ['training', 'dispatch', '/no/such/artenic.yaml'],
      ['training', 'list', '--nonsense'],
      ['training', 'status'],
      ['training', 'list', '--timeout', 'soon'],
    ];
    const finished = await Promise.all(wrong.map((args) => run([...args, '--json'], () => ({ status: 500 }))));
    for (const [index, { exitCode, stdout, stderr }] of finished.entries()) {
      expect({ args: wrong[index], exitCode, stdout }).toEqual({ args: wrong[index], exitCode: 2, stdout: '' });
      expect(stderr.trim()).not.toBe('');
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(calls()).toHaveLength(0);
  });

  test('a wrong job file: file, line, column, field, and nothing sent', async () => {
    const cwd = folder({ 'artenic.yaml': 'service: a\ncommand: b\nresources:\n  gpu: 1\n' });
    const { exitCode, stderr } = await run(['training', 'dispatch', 'artenic.yaml'], () => ({}), { cwd });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('artenic.yaml:4:3: resources.gpu: unknown field "gpu"');
    expect(calls()).toHaveLength(0);
  });
});

describe('where the API is', () => {
  test('nowhere: says what to do', async () => {
    const { exitCode, stderr } = await artenic(['training', 'list'], {
      cwd: '/',
      env: { ARTENIC_HOME: '/no/such/home' },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('ARTENIC_URL');
  });

  test('not answering: exit 3, and the address', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    const { exitCode, stdout, stderr } = await artenic(['health', '--json', '--url', url, '--api-key', apiKey]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(url);
  });

  test('the stack of this folder or above, by its own files', async () => {
    const home = folder({
      '.artenic/endpoints.json': JSON.stringify({ api: api?.url }),
      '.artenic/admin.key': `${apiKey}\n`,
      'deep/down/x': '',
    });
    const options = { cwd: join(home, 'deep/down'), env: { ARTENIC_URL: '', ARTENIC_API_KEY: '', ARTENIC_HOME: '' } };
    const { exitCode } = await run(['training', 'list'], () => ({ body: { items: [], nextCursor: null } }), options);
    expect(exitCode).toBe(0);
    expect(calls()[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
  });

  test('the key of this machine’s stack never goes to another address', async () => {
    const home = folder({ 'endpoints.json': JSON.stringify({ api: 'http://127.0.0.1:9' }), 'admin.key': apiKey });
    const { exitCode, stderr } = await run(['training', 'list', '--url', api?.url ?? ''], () => ({}), {
      env: { ARTENIC_URL: '', ARTENIC_API_KEY: '', ARTENIC_HOME: home },
    });
    expect({ exitCode, calls: calls().length }).toEqual({ exitCode: 2, calls: 0 });
    expect(stderr).toContain('ARTENIC_API_KEY');
  });

  const profileWith = (content: string) => ({ '.artenic/config.toml': `[profiles.default]\n${content}` });
  test.each([
    ['of a profile without a URL', profileWith(`api-key = "${apiKey}"\n`), {}, [], 'has a key but no URL'],
    ['of the environment', {}, { ARTENIC_API_KEY: apiKey }, [], 'came without a URL'],
    ['of a flag', {}, {}, ['--api-key', apiKey], 'came without a URL'],
    [
      'of a profile for another API',
      profileWith(`url = "http://profile.test"\napi-key = "${apiKey}"\n`),
      { ARTENIC_URL: 'found' },
      [],
      'no API key is known',
    ],
  ])('a key %s never goes to an API that the working directory names', async (_, files, env, args, message) => {
    const clone = folder({ '.artenic/endpoints.json': JSON.stringify({ api: api?.url }) });
    const { exitCode, stderr } = await run(['training', 'list', ...args], () => ({}), {
      cwd: clone,
      env: {
        ...{ HOME: folder(files), ARTENIC_URL: '', ARTENIC_API_KEY: '', ARTENIC_HOME: '' },
        ...('ARTENIC_URL' in env ? { ARTENIC_URL: api?.url ?? '' } : env),
      },
    });
    expect({ exitCode, calls: calls().length }).toEqual({ exitCode: 2, calls: 0 });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(apiKey);
  });

  test.each([
    ['an address of another machine', JSON.stringify({ api: 'http://artenic.example.org' }), 'not on this machine'],
    ['no address', '{}', 'names no API'],
    ['no JSON', '{', 'names no API'],
  ])('a working directory that names %s is told, without a request', async (_, content, message) => {
    const clone = folder({ '.artenic/endpoints.json': content, '.artenic/admin.key': apiKey });
    const { exitCode, stderr } = await run(['training', 'list'], () => ({}), {
      ...{ cwd: clone, env: { ARTENIC_URL: '', ARTENIC_API_KEY: '', ARTENIC_HOME: '' } },
    });
    expect({ exitCode, calls: calls().length }).toEqual({ exitCode: 2, calls: 0 });
    expect(stderr).toMatch(new RegExp(`^artenic: .*${message}.*\n$`));
  });

  test.each([
    [true, 0],
    [false, 1],
  ])('health: ready %p is exit %p', async (ready, expected) => {
    const database = { state: ready ? 'ok' : 'unreachable', tookMs: 3, reason: ready ? null : 'connection refused' };
    const providers = [{ name: 'local', usable: ready, message: ready ? '' : 'no disk' }];
    const problem = {
      ...{ id: 'worker-gone', kind: 'worker-gone', severity: 'critical', subject: 'worker', since: null },
      ...{ jobsBlocked: 0, jobId: null, provider: null, message: 'No worker is running.', advice: 'Start it.' },
    };
    const body = {
      ...{ status: 'ok', ready, version: '1.2.3', upSeconds: 60, checks: { database }, providers },
      worker: { state: ready ? 'ok' : 'gone', lastSeenAt: null },
      problems: ready ? [] : [problem],
    };
    const paths: string[] = [];
    for (const words of [['health'], ['health', 'detailed'], ['health', 'ready']]) {
      const { exitCode, stdout } = await run([...words, '--json'], () => ({ status: ready ? 200 : 503, body }));
      expect([words, exitCode]).toEqual([words, expected]);
      expect(JSON.parse(stdout)).toEqual(words[1] === 'ready' ? { ready } : body);
      paths.push(...calls().map(({ path }) => path));
    }
    expect(paths).toEqual(['/health/detailed', '/health/detailed', '/health/ready']);
    const { stdout } = await run(['health'], () => ({ status: ready ? 200 : 503, body }));
    expect(stdout).toMatch(ready ? /^Ready, version 1\.2\.3\n/ : /^Not ready, version 1\.2\.3\n/);
    expect(stdout).toMatch(ready ? /^database +ok +3 ms$/m : /^database +unreachable +3 ms +connection refused$/m);
    expect(stdout).toMatch(ready ? /^provider local +healthy$/m : /^provider local +unavailable +no disk$/m);
    expect(stdout).toMatch(ready ? /^worker +ok$/m : /^worker +gone +none has reported$/m);
    if (!ready) expect(stdout).toContain('✗ worker: No worker is running.\n  Start it.');
  });

  test('health check asks whether the API lives, --version asks nobody', async () => {
    const alive = await run(['health', 'check'], () => ({ body: { status: 'ok' } }));
    expect([alive.exitCode, alive.stdout, calls().map(({ path }) => path)]).toEqual([0, 'Status: ok\n', ['/health']]);
    const version = await run(['--version'], () => ({ status: 500 }));
    expect([version.exitCode, version.stdout, calls()]).toEqual([0, '0.1.0\n', []]);
  });
});

describe('the API refuses', () => {
  test('exit 4, what is wrong where, and no key anywhere', async () => {
    const answer = problem('validation-failed', 422, 'The job has 1 mistake.');
    const errors = [{ pointer: '/resources/vcpu', message: 'at least 1' }];
    const { exitCode, stdout, stderr } = await run(['training', 'status', id, '--json'], () => ({
      ...answer,
      body: { ...(answer.body as object), errors },
    }));
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toContain('/resources/vcpu: at least 1');
    expect(stdout + stderr).not.toContain(apiKey);
  });
});

describe('training', () => {
  test('dispatch packs, uploads what is missing and submits', async () => {
    const cwd = folder({
      'artenic.yaml':
        'service: penguins\npackage: code\ncommand: node train.ts\nconfig:\n  epochs: 3\n  name: x\ndata:\n  - name: rows.csv\n    file: rows.csv\n',
      'code/train.ts': 'console.log(1)',
      'rows.csv': 'a,b\n1,2\n',
    });
    const stored: string[] = [];
    const { exitCode, stdout } = await run(
      [
        'training',
        'dispatch',
        'artenic.yaml',
        '--json',
        '--set',
        'epochs=9',
        '--set',
        'name=plain text',
        '--set',
        'list=[1,2]',
      ],
      ({ method, path }) => {
        if (method === 'HEAD') return { status: 404 };
        if (method === 'PUT') stored.push(path);
        return method === 'PUT' ? { status: 201, body: {} } : { status: 202, body: jobView('queued') };
      },
      { cwd },
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'queued' });
    const submitted = calls().at(-1);
    const spec = jobSpecSchema.parse(JSON.parse(submitted?.body.toString() ?? ''));
    expect(spec.config).toEqual({ epochs: 9, name: 'plain text', list: [1, 2] });
    expect(stored.sort()).toEqual([
      `/api/v1/objects/data/${filesOfData(spec.data)[0]?.sha256}`,
      `/api/v1/objects/packages/${spec.package?.sha256}`,
    ]);
  });

  test('dispatch sends the job elsewhere than its file says', async () => {
    const cwd = folder({
      'artenic.yaml': 'service: s\ncommand: c\nplacement: { regions: [eu-north], maxHourlyUsd: 2 }\n',
    });
    const submit = (...options: string[]) =>
      run(['training', 'dispatch', 'artenic.yaml', ...options], () => ({ status: 202, body: jobView('queued') }), {
        cwd,
      });
    const options = ['--provider', 'aws', '--provider', 'mock', '--market', 'spot', '--max-price', '0.5'];
    expect((await submit(...options)).exitCode).toBe(0);
    const { placement } = jobSpecSchema.parse(JSON.parse(calls().at(-1)?.body.toString() ?? ''));
    expect(placement).toEqual({
      ...{ providers: ['aws', 'simulated'], regions: ['eu-north'], mode: 'spot', maxHourlyUsd: 0.5 },
    });
    for (const wrong of [
      ['--market', 'cheap'],
      ['--max-price', 'much'],
      ['--provider', 'No Name'],
    ]) {
      const { exitCode, stderr } = await submit(...wrong);
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/placement|market/i)]);
    }
  });

  test.each([
    ['succeeded', 0],
    ['failed', 1],
  ] as const)(
    'watching a job that ends %s: exit %p, lines on standard error, the job on standard output',
    async (state, expected) => {
      let looks = 0;
      const { exitCode, stdout, stderr } = await run(['jobs', 'status', id, '--watch', '--json'], () => {
        looks++;
        return {
          body: looks < 3 ? jobView('running', { progress: looks / 4 }) : jobView(state, { message: 'exit code 3' }),
        };
      });
      expect(exitCode).toBe(expected);
      expect(JSON.parse(stdout)).toMatchObject({ id, state });
      expect(stderr).toContain('25 %');
      // A success needs no percentage, and may have come early.
      expect(stderr).not.toMatch(/succeeded.*%/);
      expect(stderr).not.toContain('\u001B');
    },
  );

  test('watching survives an API that goes away for a while', async () => {
    let looks = 0;
    const { exitCode } = await run(['training', 'status', id, '--watch'], () => {
      looks++;
      return looks > 1 && looks < 5 ? { cut: 'at-once' } : { body: jobView(looks === 1 ? 'running' : 'succeeded') };
    });
    expect(exitCode).toBe(0);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s while watching: exit 130, and the job goes on', async (signal) => {
    let isSent = false;
    const { exitCode, stdout } = await run(
      ['training', 'status', id, '--watch', '--json'],
      () => ({ body: jobView('running') }),
      {
        onOutput: (_, kill) => {
          if (!isSent) kill(signal);
          isSent = true;
        },
      },
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(calls().every(({ method }) => method === 'GET')).toBe(true);
  });

  describe('what a job costs', () => {
    const attempt: AttemptView = {
      ...{ id: `${id}/attempt-1`, jobId: id, attempt: 1, provider: 'simulated', region: 'eu-north' },
      ...{ instanceType: 'gpu-1', spot: true, priceUsdMicrosPerHour: 3_600_000, state: 'ended', restoredFrom: null },
      endingRefused: null,
      ending: { kind: 'preempted', exitCode: null, message: 'taken back' },
      ...{ billedFrom: '2026-01-01T00:00:10.000Z', billedUntil: '2026-01-01T01:02:13.000Z' },
      ...{ createdAt: '2026-01-01T00:00:00.000Z', launchedAt: null, helloAt: null, runningAt: null, endedAt: null },
      lastHeartbeatAt: null,
      ...{ reason: 'the first offer', checkpoints: [], cost: { usdMicros: 3_723_000, isFinal: true } },
    };
    const local: AttemptView = {
      ...{ ...attempt, id: `${id}/attempt-2`, attempt: 2, provider: 'local', spot: false, priceUsdMicrosPerHour: 0 },
      ...{ billedFrom: null, billedUntil: null, ending: null, state: 'launching', reason: 'nothing else is left' },
      cost: { usdMicros: 0, isFinal: false },
    };
    const decision: DecisionView = {
      ...{ decision: 2, policyVersion: 'spot-only-1', kind: 'launch', attempt: 2, step: 'next-zone', waitsFor: null },
      ...{ reason: 'next zone, b, after preempted: taken back', decidedAt: '2026-01-01T00:00:00.000Z' },
    };
    const refusal: LaunchRefusalView = {
      ...{ provider: 'simulated', region: 'eu-north', zone: 'eu-north-a', instanceType: 'gpu-1', spot: true },
      ...{ kind: 'stockout', message: 'none left', total: 17, attempt: 1 },
      ...{ firstAt: '2026-01-01T00:00:00.000Z', lastAt: '2026-01-01T00:00:00.000Z' },
    };
    const decisions = [decision, { ...decision, decision: 3, kind: 'watch', attempt: null, step: null }];
    const answer = (items: readonly AttemptView[], usdMicros: number) => (call: Call) =>
      call.path.endsWith('/attempts')
        ? { body: { items } }
        : call.path.endsWith('/decisions')
          ? { body: { items: decisions } }
          : call.path.endsWith('/refusals')
            ? { body: { items: [refusal] } }
            : { body: jobView('running', { cost: { usdMicros, isFinal: false } }) };

    test('by attempt and in all', async () => {
      const { exitCode, stdout } = await run(['training', 'status', id], answer([attempt, local], 3_723_000));
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^Cost +≈ \$3\.72$/m);
      expect(stdout).toMatch(
        /^ +1 +preempted +simulated +eu-north +gpu-1 +spot +\S+\/h +1 h 2 min +– +≈? ?\$3\.72 +the first offer$/m,
      );
      expect(stdout).toMatch(
        /^ +2 +launching +local +eu-north +gpu-1 +on demand +free +– +– +free +nothing else is left$/m,
      );
      expect(stdout).toMatch(/^ +2 +.* ago +Launched attempt 2 +next zone, b, after preempted: taken back$/m);
      expect(stdout).toMatch(/^ +3 +.* ago +Still running attempt 2 +next zone/m);
      expect(stdout).toMatch(/^simulated +eu-north-a +gpu-1 +spot +17 +.* ago +stockout: none left$/m);
      expect((await run(['jobs', id], answer([attempt, local], 3_723_000))).stdout).toBe(stdout);
      const json = await run(['training', 'status', id, '--json'], answer([attempt], 3_723_000));
      expect(JSON.parse(json.stdout)).toMatchObject({ id, cost: { usdMicros: 3_723_000 }, attempts: [attempt] });
      const list = await run(['training', 'list'], () => ({
        body: { items: [jobView('running', { cost: { usdMicros: 3_723_000, isFinal: false } })], nextCursor: null },
      }));
      expect(list.stdout).toContain('≈ $3.72');
    });

    test('is not mentioned where nothing costs anything', async () => {
      const { stdout } = await run(['training', 'status', id], answer([local], 0));
      expect(stdout).toContain('launching');
      expect(stdout).not.toMatch(/cost|price|\$|free/i);
    });
  });

  test('list as a table, and as JSON', async () => {
    const hostile = jobView('failed', { message: 'bad \u001B[31mcolour\nand line' });
    const answer = () => ({ body: { items: [jobView('running'), hostile], nextCursor: null } });
    const [text, json] = [await run(['train', 'list'], answer), await run(['train', 'list', '--json'], answer)];
    expect(text.stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(text.stdout).not.toContain('\u001B');
    expect(JSON.parse(json.stdout)).toHaveLength(2);
    expect(json.stderr).toBe('');
  });

  test('cancel asks once', async () => {
    const { exitCode, stdout } = await run(['training', 'cancel', id, '--json'], () => ({
      status: 202,
      body: jobView('cancelling'),
    }));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'cancelling' });
    expect(calls().map(({ method, path }) => `${method} ${path}`)).toEqual([`POST /api/v1/jobs/${id}/cancel`]);
  });

  test('offers: what fits, how old each price is, and which provider does not answer', async () => {
    const offer = {
      ...{ provider: 'simulated', region: 'eu-north', zone: 'eu-north-a', instanceType: 'gpu-1', spot: true },
      ...{ vcpu: 8, memoryGib: 60, gpus: 1, gpuType: 'A100', priceUsdMicrosPerHour: 1_234_500 },
      pricedAt: new Date(Date.now() - 125_000).toISOString(),
    };
    const catalogs = [{ provider: 'aws', refreshedAt: null, problem: 'The key has run out.' }];
    const command = ['offers', '--spot', '--gpu', 'A100', '--region', 'eu-north', '--region', 'b', '--max-price', '2'];
    const { exitCode, stdout } = await run(command, () => ({ body: { items: [offer], total: 3, catalogs } }));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^simulated +eu-north-a +gpu-1 +spot +8 +60 +1 × A100 +\$1\.23 +2 min ago$/m);
    expect(stdout).toContain('2 more; --limit 3 shows them.');
    expect(stdout).toContain('aws: no prices yet; last refresh failed: The key has run out.');
    const query = calls()[0]?.query ?? new URLSearchParams();
    expect(Object.fromEntries(query)).toEqual({
      ...{ market: 'spot', gpu: 'A100', regions: 'eu-north,b', maxHourlyUsd: '2', limit: '30' },
    });
    for (const wrong of [
      ['--spot', '--on-demand'],
      ['--cores', 'many'],
    ])
      expect((await run(['offers', ...wrong], () => ({ body: {} }))).exitCode).toBe(2);
  });

  test('signal tells the job what it is told, once for each event', async () => {
    const deadlineAt = '2030-01-31T12:00:00.000Z';
    const answer = { jobId: id, name: 'preemption-notice', id: 'e-1', outcome: 'taken', heldAt: null };
    const command = ['training', 'signal', id, 'preemption-notice', '--event', 'e-1', '--deadline', deadlineAt];
    const { exitCode, stdout } = await run(command, () => ({ status: 202, body: answer }));
    expect([exitCode, stdout.trim()]).toEqual([0, `Job ${id} received preemption-notice.`]);
    const [call] = calls();
    expect([call?.path, JSON.parse(String(call?.body ?? ''))]).toEqual([
      `/api/v1/jobs/${id}/signals/preemption-notice`,
      { id: 'e-1', deadlineAt },
    ]);
    const held = { ...answer, name: 'hold', heldAt: deadlineAt };
    const { stdout: text } = await run(['training', 'signal', id, 'hold'], () => ({ status: 202, body: held }));
    expect(text).toContain('is on hold. The current attempt continues; no new attempts start.');
    for (const wrong of [
      ['training', 'signal', id, 'nonsense'],
      ['training', 'signal', id, 'preemption-notice', '--deadline', 'soon'],
    ])
      expect((await run(wrong, () => ({ body: answer }))).exitCode).toBe(2);
  });
});

describe('logs', () => {
  const lines = ['one\n', 'two\n', 'three\n'];
  const text = lines.join('');
  /** Returns an additional line at every call. */
  const growing = () => {
    let looks = 0;
    return ({ path, query }: Call): Answer => {
      if (!path.endsWith('/logs')) return { body: jobView(looks > lines.length ? 'succeeded' : 'running') };
      looks++;
      const offset = Number(query.get('offset'));
      const end = Math.min(text.length, lines.slice(0, looks).join('').length);
      return {
        body: {
          attempt: 1,
          stream: 'training',
          offset,
          nextOffset: Math.max(offset, end),
          text: text.slice(offset, end),
          droppedBytes: 0,
          complete: offset === text.length,
        },
      };
    };
  };

  test('following prints every line once, as it is', async () => {
    const { exitCode, stdout } = await run(['training', 'logs', id, '-f'], growing());
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: text });
  });

  test('following as JSON is one document a line', async () => {
    const { stdout } = await run(['training', 'logs', id, '--follow', '--json'], growing());
    const pages = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string });
    expect(pages.map((page) => page.text).join('')).toBe(text);
  });

  test('following a job that ends without an attempt ends too', async () => {
    const nothing = {
      attempt: 1,
      stream: 'training',
      offset: 0,
      nextOffset: 0,
      text: '',
      droppedBytes: 0,
      complete: false,
    };
    const { exitCode, stdout, stderr } = await run(['jobs', 'logs', id, '-f'], ({ path }) =>
      path.endsWith('/logs')
        ? { body: nothing }
        : { body: path.endsWith('/attempts') ? { items: [] } : jobView('cancelled', { currentAttempt: 0 }) },
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`No log: no attempt has started. Job ${id} is cancelled`);
  });
});

describe('models', () => {
  const version = {
    model: 'penguins',
    version: 2,
    stage: 'production',
    format: 'onnx',
    sha256: 'ab',
    bytes: 1,
    signature: { inputs: [], outputs: [], labels: null },
    metrics: {},
    jobId: null,
    createdBy: 'admin',
    createdAt: '2026-01-01T00:00:00.000Z',
    external: null,
  };

  test('promote says why', async () => {
    const { exitCode, stdout } = await run(
      ['model', 'promote', 'penguins', '2', '--reason', 'better', '--json'],
      () => ({ body: version }),
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: 2, stage: 'production' });
    expect(calls()[0]).toMatchObject({ method: 'POST', path: '/api/v1/models/penguins/versions/2/promote' });
    expect(JSON.parse(calls()[0]?.body.toString() ?? '')).toEqual({ reason: 'better' });
  });

  test('predict takes inputs by name or as JSON, and shows the label first', async () => {
    const answer = {
      body: { model: 'penguins', version: 1, outputs: { label: 'Adelie' }, label: 'Adelie', latencyMs: 1 },
    };
    const inputs = Object.entries({
      ...{ mass: 'float32', sex: 'string', wild: 'bool', beak: 'float32', ring: 'string', note: 'string' },
      left: 'float32',
    }).map(([name, type]) => ({ name, type, shape: ['rows', name === 'beak' ? 2 : 1] }));
    const versions = {
      body: { items: [{ ...version, signature: { inputs, outputs: [], labels: null } }] },
    };
    const args = ['predict', 'penguins', '--json-input', '{"island":"Dream"}'];
    for (const pair of ['mass=4000.5', 'sex=1', 'wild=true', 'beak=[1,2]', 'ring="007"', 'note=', 'left='])
      args.push('-i', pair);
    const { exitCode, stdout } = await run(args, ({ path }) => (path.endsWith('/versions') ? versions : answer));
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')[0]).toBe('Adelie');
    expect(JSON.parse(calls()[1]?.body.toString() ?? '')).toEqual({
      inputs: { island: 'Dream', mass: 4000.5, sex: '1', wild: true, beak: [1, 2], ring: '007', note: '', left: null },
    });
  });
});

describe('predict-batch', () => {
  const results = (count: number, failing: readonly number[] = []) =>
    Array.from({ length: count }, (_, index) =>
      failing.includes(index)
        ? { outputs: null, label: null, error: { detail: 'x is missing', errors: [] } }
        : { outputs: { y: [index] }, label: `class-${index}`, error: null },
    );
  const answer =
    (failing: readonly number[] = []) =>
    ({ body }: Call) => {
      const { inputs } = JSON.parse(body.toString()) as { inputs: unknown[] };
      return { body: { model: 'm', version: 1, results: results(inputs.length, failing), latencyMs: 1 } };
    };

  test('every row of standard input has its line, in order, over several requests', async () => {
    const input = Array.from({ length: 1200 }, (_, x) => JSON.stringify({ x })).join('\n');
    const { exitCode, stdout } = await run(['predict-batch', 'm', '--json'], answer(), { input });
    const lines = stdout.trimEnd().split('\n');
    expect(exitCode).toBe(0);
    expect(lines.map((line) => (JSON.parse(line) as { row: number }).row)).toEqual(
      Array.from({ length: 1200 }, (_, row) => row),
    );
    expect(calls().map(({ body }) => (JSON.parse(body.toString()) as { inputs: unknown[] }).inputs.length)).toEqual([
      500, 500, 200,
    ]);
    expect(calls()[2]?.body.toString()).toMatch(/^\{"inputs":\[\{"x":1000\},/);
  });

  test('rows without a prediction are told and make the exit code negative', async () => {
    const { exitCode, stdout, stderr } = await run(
      ['predict-batch', 'm'],
      (call) => (call.path.endsWith('/versions') ? { body: { items: [] } } : answer([1])(call)),
      { input: 'x\n1\n2\n3\n' },
    );
    expect(exitCode).toBe(1);
    expect(stdout).toBe('class-0\t{"y":[0]}\nerror: x is missing\nclass-2\t{"y":[2]}\n');
    expect(stderr).toContain('1 of 3 rows have no prediction');
  });
});
