import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { jobSpecSchema, type AttemptView, type MetricPoint } from '@artenic/core';
import { jobView, startFakeApi, type Answer, type Call, type FakeApi } from '../sdk/client/fake-api.ts';
import { folderWith } from './artenic.ts';
import { runOnScreen } from './in-process.ts';

const id = '01900000-0000-7000-8000-000000000001';
const nowMs = Date.parse('2026-03-01T02:00:00.000Z');
let api: FakeApi;
let answerNow: (call: Call) => Answer = () => ({ status: 500 });
beforeAll(async () => {
  api = await startFakeApi((call) => answerNow(call));
});
afterAll(() => api.close());
const calls = () =>
  api.calls.map(({ method, path, query }) => `${method} ${path}${query.size === 0 ? '' : `?${query.toString()}`}`);

function run(
  args: readonly string[],
  answer: (call: Call) => Answer,
  { columns = null, env = {} }: { columns?: number | null; env?: Readonly<Record<string, string>> } = {},
) {
  api.calls.length = 0;
  answerNow = answer;
  return runOnScreen(args, api, { columns, env, nowMs });
}

const folders: ReturnType<typeof folderWith>[] = [];
function folder(files: Readonly<Record<string, string>> = {}): string {
  const made = folderWith(files);
  folders.push(made);
  return made.path;
}
afterEach(() => folders.splice(0).forEach(({ remove }) => remove()));

describe('jobs list', () => {
  const none = () => ({ body: { items: [], nextCursor: null } });

  test('filters and order are sent as they are named', async () => {
    const options = ['--label', 'team=pricing', '--label', 'seed=9', '--provider', 'aws', '--by', 'key-1'];
    const times = [
      '--since',
      '2h',
      '--until',
      '2026-03-01T01:30:00+01:00',
      '--search',
      '4e2b',
      '--sort=-costUsdMicros',
    ];
    await run(['jobs', 'list', '--state', 'failed', '--service', 'churn', ...options, ...times], none);
    const query = api.calls[0]?.query ?? new URLSearchParams();
    expect(query.getAll('label')).toEqual(['team=pricing', 'seed=9']);
    query.delete('label');
    expect(Object.fromEntries(query)).toEqual({
      ...{ limit: '51', provider: 'aws', search: '4e2b', service: 'churn', sort: '-costUsdMicros', state: 'failed' },
      ...{ since: '2026-03-01T00:00:00.000Z', until: '2026-03-01T00:30:00.000Z', submittedBy: 'key-1' },
    });
  });

  test('no match names the filters; no job at all says how to submit one', async () => {
    const filtered = await run(['jobs', 'list', '--service', 'nope', '--since', '7d'], none);
    expect(filtered).toMatchObject({
      exitCode: 0,
      stdout: 'No matching jobs (--service nope --since 7d).\n',
      stderr: '',
    });
    const empty = await run(['jobs', 'list'], none);
    expect(empty.stdout).toBe('No jobs yet.\n');
    expect(empty.stderr).toContain('artenic jobs dispatch artenic.yaml');
  });

  test('more than the limit is said', async () => {
    const three = [1, 2, 3].map((end) => jobView('running', { id: `${id.slice(0, -1)}${end}` }));
    const { stdout, stderr } = await run(['jobs', 'list', '--limit', '2'], () => ({
      body: { items: three, nextCursor: null },
    }));
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stderr).toBe('The first 2 are shown; --limit 4 shows more.\n');
  });

  test.each([
    [['--since', 'yesterday'], '--since yesterday: give an age such as 30min, 2h or 7d'],
    [['--since', '5'], '--since 5: give an age'],
    [['--label', 'team'], '--label takes name=value, not team'],
    [['--limit', '0'], '--limit 0: give a whole number from 1'],
    [['--sort', 'colour'], "'--sort <field>' argument 'colour' is invalid"],
  ])('%j is refused before anything is sent', async (args, message) => {
    const { exitCode, stderr } = await run(['jobs', 'list', ...args], none);
    expect({ exitCode, calls: calls() }).toEqual({ exitCode: 2, calls: [] });
    expect(stderr).toContain(message);
  });
});

test.each([['jobs'], ['job'], ['training'], ['train']])('%s with a part of an id shows that job', async (group) => {
  const answer = ({ path }: Call) => ({ body: path.endsWith('0001') ? jobView('running') : { items: [] } });
  await run([group, '00000001'], answer);
  expect(calls()[0]).toBe('GET /api/v1/jobs/00000001');
  const mistyped = await run([group, 'lits'], answer);
  expect(mistyped).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Did you mean list?') });
});

describe('jobs logs', () => {
  const page = { attempt: 1, stream: 'training', offset: 0, nextOffset: 0, text: '', droppedBytes: 0, complete: true };
  const attempt = {
    ...{ id: `${id}/attempt-1`, jobId: id, attempt: 1, provider: 'local', region: 'local', instanceType: 'local' },
    ...{ spot: false, priceUsdMicrosPerHour: 0, billedFrom: null, billedUntil: null, restoredFrom: null },
    ...{
      endingRefused: null,
      cost: { usdMicros: 0, isFinal: true },
      state: 'ended',
      createdAt: '2026-03-01T01:00:00.000Z',
    },
    ...{ launchedAt: null, helloAt: '2026-03-01T01:00:01.000Z', lastHeartbeatAt: null, runningAt: null },
    ...{ endedAt: '2026-03-01T01:00:02.000Z', reason: '', checkpoints: [] },
    ending: { kind: 'setup-failed', exitCode: 7, message: 'The setup ended with exit code 7.' },
  } satisfies AttemptView;
  const answer = (changes: Partial<AttemptView> | null) => (call: Call) => {
    if (call.path.endsWith('/logs')) return { body: { ...page, stream: call.query.get('stream') } };
    if (call.path.endsWith('/attempts'))
      return { body: { items: changes === null ? [] : [{ ...attempt, ...changes }] } };
    return { body: jobView(changes === null ? 'waiting' : 'failed', { currentAttempt: changes === null ? 0 : 1 }) };
  };

  test.each([
    ['a setup that failed', {}, 1, 'ended as setup-failed: The setup ended with exit code 7.'],
    ['a setup that failed, and where its log is', {}, 1, '--attempt 1 --stream setup'],
    ['an attempt that has just started', { state: 'starting', ending: null } as const, 1, 'it is starting'],
    ['no attempt', null, 1, 'no attempt has started'],
    ['a command that printed nothing', { runningAt: '2026-03-01T01:00:01.500Z' }, 0, 'printed nothing'],
  ])('%s is said, with exit code', async (_, changes, exitCode, message) => {
    const finished = await run(['jobs', 'logs', id], answer(changes));
    expect([finished.exitCode, finished.stdout]).toEqual([exitCode, '']);
    expect(finished.stderr).toContain(message);
  });

  test('the setup log of a machine that was never reached', async () => {
    const { exitCode, stderr } = await run(['jobs', 'logs', id, '--stream', 'setup'], answer({ helloAt: null }));
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('attempt 1 has not reached its machine')]);
  });
});

describe('jobs metrics', () => {
  const point = (name: string, step: number, value: number | null, attempt = 1): MetricPoint => ({
    ...{ attempt, name, step, epoch: null, time: '2026-03-01T01:00:00.000Z', value },
    ...(value === null ? { nonFinite: 'NaN' as const } : {}),
  });
  const points = [
    ...[1, 2].map((step) => point('val_loss', step, 1 / step)),
    point('val_loss', 3, 0.01),
    point('val_loss', 3, 0.3, 2),
    point('val_loss', 4, 0.25, 2),
    point('val_loss', 5, 0.5, 2),
    ...[1, 2, 3].map((step) => point('val_accuracy', step, step === 2 ? 0.98 : 0.5)),
    point('diverged', 1, null),
  ];
  const answer = ({ query }: Call): Answer => {
    const names = query.getAll('name');
    return { body: { items: points.filter(({ name }) => names.length === 0 || names.includes(name)) } };
  };

  test('last and best value of each, by the direction that its name has; points that a later attempt replaced do not count', async () => {
    const { stdout } = await run(['jobs', 'metrics', id], answer);
    expect(stdout).toBe(
      [
        'METRIC          LAST    BEST  AT STEP  LAST STEP',
        'diverged         NaN       –        –          1',
        'val_accuracy  0.9800  0.9800        2          2',
        'val_loss      0.5000  0.2500        4          5',
        '',
      ].join('\n'),
    );
  });

  test('CSV has every point, JSON the whole series', async () => {
    const csv = await run(['jobs', 'metrics', id, '--name', 'val_accuracy', '--csv'], answer);
    expect(csv.stdout.split('\n').slice(0, 2)).toEqual([
      'name,attempt,step,epoch,time,value',
      'val_accuracy,1,1,,2026-03-01T01:00:00.000Z,0.5',
    ]);
    const json = await run(['jobs', 'metrics', id, '--json'], answer);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { name: 'diverged', best: null },
      {},
      { best: { step: 4 }, points: { length: 5 } },
    ]);
    expect((await run(['jobs', 'metrics', id, '--json', '--csv'], answer)).exitCode).toBe(2);
  });

  test('a terminal that shows Unicode gets a course; one metric alone is a chart', async () => {
    const env = { LANG: 'C.UTF-8', NO_COLOR: '1' };
    expect((await run(['jobs', 'metrics', id], answer, { columns: 80, env })).stdout).toMatch(/val_loss .*█.*▁/);
    const chart = (await run(['jobs', 'metrics', id, '-n', 'val_loss'], answer, { columns: 80, env })).stdout;
    expect(chart).toMatch(/^ 1\.000 {2}█/m);
    expect(chart).toMatch(/^0\.2500 {2}/m);
    expect(chart).toMatch(/step 1 +5$/m);
    const plain = await run(['jobs', 'metrics', id], answer, { columns: 80, env: { LANG: 'C' } });
    expect(plain.stdout).not.toMatch(/[▁-█]/);
  });

  test('--system shows each series of an attempt, and what stands out above', async () => {
    const column = [5, 7];
    const of = (name: string, value: number) => ({
      ...{ name, times: ['2026-03-01T01:50:00.000Z', '2026-03-01T02:00:00.000Z'] },
      ...{ least: column, mean: [value, value], greatest: [value, 2 * value] },
      recent: { seconds: 600, mean: value, greatest: value },
    });
    const items = [of('machine-cpu', 12.34), of('gpu-0-use', 3), of('machine-disk-read', 4e6)];
    const { stdout } = await run(['jobs', 'metrics', id, '--system', '--attempt', '2'], () => ({
      body: { attempt: 2, items },
    }));
    expect(calls()).toEqual([`GET /api/v1/jobs/${id}/system-metrics?limit=2000&attempt=2`]);
    expect(stdout.split('\n').map((line) => line.split(/\s{2,}|\t/))).toEqual([
      ['GPU 0 idle: 3 % on average over the last 10 min'],
      [''],
      ['ATTEMPT 2', 'OF', 'LAST', 'MEAN', 'PEAK', 'UNIT'],
      ['GPU utilization', 'GPU 0', '3.0', '3.0', '6.0', '%'],
      ['CPU', 'Machine', '12.3', '12.3', '24.7', '%'],
      ['Disk traffic of the machine', 'Read', '4.0', '4.0', '8.0', 'MB/s'],
      [''],
    ]);
    const none = await run(['jobs', 'metrics', id, '--system'], () => ({ body: { attempt: 1, items: [] } }));
    expect(none.stdout).toContain('No system metrics of attempt 1');
    expect((await run(['jobs', 'metrics', id, '--system', '--csv'], () => ({ status: 500 }))).exitCode).toBe(2);
    expect((await run(['jobs', 'metrics', id, '--attempt', '1'], () => ({ status: 500 }))).exitCode).toBe(2);
  });

  test('a job without metrics', async () => {
    expect((await run(['jobs', 'metrics', id], () => ({ body: { items: [] } }))).stdout).toBe('No metrics reported.\n');
  });
});

describe('jobs download', () => {
  const files: Readonly<Record<string, string>> = {
    'model.onnx': 'the model',
    'plots/a.svg': '<svg/>',
    'notes.txt': '',
  };
  const sha256 = createHash('sha256').update('the model').digest('hex');
  const version = {
    ...{ model: 'penguins', version: 3, stage: 'draft', format: 'onnx', bytes: 9, sha256, metrics: {} },
    ...{ signature: { inputs: [], outputs: [], labels: null }, jobId: id, createdBy: 'a', external: null },
    createdAt: '2026-03-01T01:00:00.000Z',
  };
  const outputs = [
    { attempt: 1, path: 'model.onnx', bytes: 4 },
    ...Object.entries(files).map(([path, content]) => ({ attempt: 2, path, bytes: content.length })),
  ];
  const server =
    ({ listed = outputs, hash = sha256, body = files } = {}) =>
    ({ path }: Call): Answer => {
      if (path.endsWith('/outputs')) return { body: { items: listed } };
      if (path.startsWith('/api/v1/models/')) return { body: { ...version, sha256: hash } };
      const [, name] = /\/outputs\/2\/(.+)$/.exec(path) ?? [];
      if (name !== undefined) return { content: body[decodeURIComponent(name)] ?? '' };
      return { body: jobView('succeeded', { currentAttempt: 2, result: { model: 'penguins', version: 3 } }) };
    };
  const filesOf = (target: string): readonly string[] =>
    existsSync(target) ? (readdirSync(target, { recursive: true }) as string[]).toSorted() : [];

  test('the files of the newest attempt arrive whole and checked, and are not sent twice', async () => {
    const target = join(folder(), 'out');
    const first = await run(['jobs', 'download', id, '--to', target, '--json'], server());
    expect(first.exitCode).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject([
      { path: 'model.onnx', sha256, checked: 'sha256', state: 'downloaded' },
      { path: 'plots/a.svg', checked: 'size' },
      { path: 'notes.txt', bytes: 0 },
    ]);
    expect(filesOf(target)).toEqual(['model.onnx', 'notes.txt', 'plots', 'plots/a.svg']);
    expect(readFileSync(join(target, 'plots/a.svg'), 'utf8')).toBe('<svg/>');
    const again = await run(['jobs', 'download', id, '--to', target], server());
    expect(again.stdout.match(/^already downloaded: /gm)).toHaveLength(3);
    expect(calls().filter((call) => call.includes('/outputs/2/'))).toEqual([]);
  });

  test('only what is named: a file, or everything in a folder', async () => {
    const target = join(folder(), 'out');
    await run(['jobs', 'download', id, 'plots/', 'notes.txt', '--to', target], server());
    expect(filesOf(target)).toEqual(['notes.txt', 'plots', 'plots/a.svg']);
    const unknown = await run(['jobs', 'download', id, 'plot', '--to', target], server());
    expect(unknown).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no artifact plot; the job has: model.onnx'),
    });
    const list = await run(['jobs', 'download', id, '--list'], server());
    expect(list.stdout).toMatch(/^ +2 +9 B +model\.onnx$/m);
  });

  test('a model of another hash, and a file that is cut off, leave nothing behind', async () => {
    const target = join(folder(), 'out');
    const other = await run(['jobs', 'download', id, 'model.onnx', '--to', target], server({ hash: 'b'.repeat(64) }));
    expect(other).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the registry has bbbb') });
    const cut = await run(['jobs', 'download', id, 'plots', '--to', target], server({ body: { 'plots/a.svg': '<s' } }));
    expect(cut.exitCode).toBe(3);
    expect(filesOf(target).filter((name) => name !== 'plots')).toEqual([]);
  });

  test.each(['../evil', '/etc/evil', 'a/../../evil', 'a//b', './a'])('the name %s is refused', async (path) => {
    const target = join(folder(), 'deep', 'out');
    const listed = [{ attempt: 2, path, bytes: 4 }];
    const { exitCode, stderr } = await run(['jobs', 'download', id, '--to', target], server({ listed }));
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('leads out of the target folder')]);
    expect(filesOf(join(target, '..', '..')).filter((name) => name.includes('evil'))).toEqual([]);
  });

  test('a link in the target folder is not followed', async () => {
    const [target, elsewhere] = [folder(), folder({ 'model.onnx': 'precious' })];
    symlinkSync(elsewhere, join(target, 'plots'));
    symlinkSync(join(elsewhere, 'model.onnx'), join(target, 'model.onnx'));
    for (const name of ['plots', 'model.onnx'])
      expect((await run(['jobs', 'download', id, name, '--to', target, '--overwrite'], server())).exitCode).toBe(1);
    expect(readFileSync(join(elsewhere, 'model.onnx'), 'utf8')).toBe('precious');
    expect(filesOf(elsewhere)).toEqual(['model.onnx']);
  });

  test('a file with other content is kept, unless it may be replaced', async () => {
    const target = folder();
    mkdirSync(join(target, 'plots'));
    writeFileSync(join(target, 'plots/a.svg'), 'mine');
    const args = ['jobs', 'download', id, 'plots', '--to', target];
    expect(await run(args, server())).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--overwrite') });
    expect(readFileSync(join(target, 'plots/a.svg'), 'utf8')).toBe('mine');
    expect((await run([...args, '--overwrite'], server())).exitCode).toBe(0);
    expect(readFileSync(join(target, 'plots/a.svg'), 'utf8')).toBe('<svg/>');
  });

  test('a job without artifacts', async () => {
    const { exitCode, stderr } = await run(['jobs', 'download', id], server({ listed: [] }));
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('has no artifacts; they appear when an attempt ends'),
    ]);
  });
});

describe('jobs retry', () => {
  const spec = jobSpecSchema.parse({ service: 'churn', command: 'train', config: { seed: 1 }, labels: { team: 'a' } });
  const other = id.replace(/1$/, '2');
  const server =
    (state: 'failed' | 'running') =>
    ({ method }: Call): Answer =>
      method === 'POST' ? { status: 202, body: jobView('queued', { id: other }) } : { body: jobView(state, { spec }) };

  test('submits the same specification with the values that are set, and says the new id', async () => {
    const { exitCode, stdout, stderr } = await run(['jobs', 'retry', id, '--set', 'seed=2'], server('failed'));
    expect(exitCode).toBe(0);
    expect(stdout).toContain(other);
    expect(stderr).toContain(`Submitted job ${other} with the specification of job ${id}.`);
    expect(stderr).toMatch(/^Follow +artenic jobs .*0002 --watch$/m);
    const [, submitted] = api.calls;
    expect(JSON.parse(submitted?.body.toString() ?? '')).toEqual({ ...spec, config: { seed: 2 } });
  });

  test('a job that has not ended is not doubled by mistake', async () => {
    const refused = await run(['jobs', 'retry', id], server('running'));
    expect([refused.exitCode, calls().length]).toEqual([1, 1]);
    expect(refused.stderr).toContain('is running');
    expect((await run(['jobs', 'retry', id, '--force'], server('running'))).exitCode).toBe(0);
  });
});

describe('jobs compare', () => {
  const specOf = (seed: number) =>
    jobSpecSchema.parse({ service: 'churn', command: 'train', config: { seed, model: { layers: [8, 8] } } });
  const server = ({ path }: Call): Answer => {
    const seed = path.includes('0002') ? 2 : 1;
    if (path.endsWith('/metrics')) {
      const point = {
        attempt: 1,
        name: 'val_loss',
        step: 1,
        epoch: null,
        time: '2026-03-01T01:00:00.000Z',
        value: seed,
      };
      return { body: { items: [point] } };
    }
    return { body: jobView('succeeded', { id: `${id.slice(0, -1)}${seed}`, spec: specOf(seed) }) };
  };

  test('shows what differs and the best metrics, and nothing that is the same', async () => {
    const { stdout } = await run(['jobs', 'compare', '00000001', '00000002'], server, {
      columns: 80,
      env: { NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/^FIELD +00000001 +00000002$/m);
    expect(stdout).toMatch(/^config\.seed +1 +2$/m);
    expect(stdout).toMatch(/^best val_loss +1\.000 +2\.000$/m);
    expect(stdout).not.toContain('layers');
    const json = await run(['jobs', 'compare', '00000001', '00000002', '--json'], server);
    expect(JSON.parse(json.stdout)).toMatchObject({
      jobs: [{ best: { val_loss: 1 } }, { best: { val_loss: 2 } }],
      differences: [{ field: 'config.seed', values: ['1', '2'] }],
    });
  });

  test('equal specifications are said; one job or eleven are refused', async () => {
    expect((await run(['jobs', 'compare', '00000001', '10000001'], server)).stdout).toContain(
      'The specifications are the same.',
    );
    for (const count of [1, 11])
      expect((await run(['jobs', 'compare', ...Array.from({ length: count }, () => id)], server)).exitCode).toBe(2);
  });
});
