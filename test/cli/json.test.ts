import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';
import { jobView, startFakeApi, type Answer, type Call, type FakeApi } from '../sdk/client/fake-api.ts';
import { artenic, folderWith } from './artenic.ts';
import { answers, jobId, nowMs } from './golden/answers.ts';
import { runOnScreen } from './in-process.ts';

const files = folderWith({ 'artenic.yaml': 'service: penguins\ncommand: node train.ts\n', 'model.onnx': 'model' });
const folder = folderWith({ 'a.txt': 'a' });
const home = process.env['HOME'];
let api: FakeApi;
beforeAll(async () => {
  process.env['HOME'] = files.path;
  api = await startFakeApi(answer);
});
afterAll(async () => {
  process.env['HOME'] = home;
  await api.close();
  files.remove();
  folder.remove();
});

const version = {
  ...{ model: 'penguins', version: 8, stage: 'production', format: 'onnx', sha256: 'a'.repeat(64), bytes: 5 },
  ...{ signature: { inputs: [], outputs: [], labels: null }, metrics: {}, jobId: null, createdBy: 'admin' },
  ...{ createdAt: '2026-03-01T01:00:00.000Z', external: null },
};
const dataset = {
  ...{ id: 'd-1', name: 'reviews', description: '', status: 'active', version: 2, files: 1, bytes: 5 },
  ...{ createdBy: 'admin', createdAt: '2026-03-01T01:00:00.000Z', updatedAt: '2026-03-01T01:00:00.000Z' },
};
const datasetVersion = {
  ...{ version: 2, root: 'b'.repeat(64), parent: 1, files: 1, bytes: 5, added: 1, changed: 0, removed: 0 },
  ...{ message: '', createdBy: 'admin', createdAt: '2026-03-01T01:00:00.000Z', jobId: null, tags: [] },
};
const datasetFile = {
  ...{ kind: 'file', path: 'a.txt', bytes: 1, purged: false },
  sha256: createHash('sha256').update('a').digest('hex'),
};
const run = {
  ...{ id: 'r-1', name: 'elsewhere', status: 'running', jobId: null, triggeredBy: 'cron', parameters: {}, metrics: {} },
  ...{ createdBy: 'admin', createdAt: '2026-03-01T01:00:00.000Z', startedAt: null, finishedAt: null },
  durationSeconds: null,
};
const feature = {
  ...{ id: 'f-1', name: 'tenure', version: 1, label: null, type: 'integer', description: '', datasetId: 'd-1' },
  ...{ columns: ['tenure'], metadata: {}, createdBy: 'admin', createdAt: '2026-03-01T01:00:00.000Z' },
  updatedAt: '2026-03-01T01:00:00.000Z',
};
const node = { kind: 'dataset-version', id: 'd-1@2', name: 'reviews@2', state: null, deleted: false };
const io = { ...node, direction: 'input', origin: 'declared', paths: null };
const edge = {
  ...{ source: { kind: 'dataset', id: 'd-1' }, target: { kind: 'dataset-version', id: 'd-1@2' }, relation: 'version' },
  ...{ origin: 'platform', paths: null, createdBy: 'admin', createdAt: '2026-03-01T01:00:00.000Z' },
};
const start = { kind: 'dataset', id: 'd-1', name: 'reviews', state: 'active', deleted: false, depth: 0 };
const lineageAnswers: readonly (readonly [RegExp, Answer])[] = [
  [
    /^GET \/api\/v1\/lineage\/.*graph$/,
    { body: { nodes: [start, { ...node, depth: 1 }], edges: [edge], truncated: false } },
  ],
  [
    /^GET \/api\/v1\/lineage\/file\/models$/,
    { body: { models: [{ model: 'penguins', version: 8, stage: 'production' }], truncated: false } },
  ],
  [/^POST \/api\/v1\/lineage$/, { status: 201, body: edge }],
  [/^POST \/api\/v1\/runs\/.*\/io$/, { status: 201, body: io }],
  [/^GET \/api\/v1\/runs\/.*\/io$/, { body: { items: [io], nextCursor: null } }],
  [/^GET \/api\/v1\/runs$/, { body: { items: [run], nextCursor: null } }],
  [/^DELETE \/api\/v1\/(?:runs|features)\//, { status: 204 }],
  [/^(?:GET|POST|PATCH) \/api\/v1\/runs/, { body: run }],
  [/^GET \/api\/v1\/features$/, { body: { items: [feature], nextCursor: null } }],
  [/^(?:GET|POST|PATCH) \/api\/v1\/features/, { body: feature }],
];
const datasetAnswers: readonly (readonly [RegExp, Answer])[] = [
  [/^GET \/api\/v1\/datasets$/, { body: { items: [dataset], nextCursor: null } }],
  [/^POST \/api\/v1\/datasets$/, { status: 201, body: dataset }],
  [/^(?:GET|PATCH) \/api\/v1\/datasets\/[^/]+(?:\/status)?$/, { body: dataset }],
  [/^DELETE \/api\/v1\/datasets\/[^/]+$/, { status: 204 }],
  [/^POST .*\/purge$/, { body: { sha256: 'a'.repeat(64), elsewhere: 0 } }],
  [/^POST \/api\/v1\/dataset-contents\/missing$/, { body: { missing: [] } }],
  [
    /^GET \/api\/v1\/datasets\/.*\/stats$/,
    {
      body: {
        ...{ version: 2, files: 1, bytes: 1, nextCursor: null },
        profiles: { state: 'done', profiled: 1, failed: 0, skipped: 0, finishedAt: '2026-03-01T01:00:00.000Z' },
        items: [
          {
            ...{ path: 'a.csv', sha256: 'a'.repeat(64), bytes: 1, purged: false, mediaType: 'text/csv', state: 'done' },
            ...{ rows: 3, columns: 1, width: null, height: null, failure: null },
          },
        ],
      },
    },
  ],
  [
    /^GET \/api\/v1\/datasets\/.*\/preview$/,
    {
      body: {
        ...{ version: 2, path: 'a.csv', columns: [{ name: 'id', type: 'BIGINT' }], columnsLeftOut: 0 },
        ...{ rows: [{ row: 0, cells: [1], cut: [] }], offset: 0, total: 3, nextOffset: 1 },
      },
    },
  ],
  [/^GET .*\/versions\/[^/]+\/diff$/, { body: { items: [], nextCursor: null } }],
  [/^GET \/api\/v1\/datasets\/.*\/versions$/, { body: { items: [datasetVersion], nextCursor: null } }],
  [/^GET \/api\/v1\/datasets\/.*\/versions\/[^/]+$/, { body: datasetVersion }],
  [/^POST \/api\/v1\/datasets\/.*\/versions$/, { status: 201, body: datasetVersion }],
  [/^GET \/api\/v1\/datasets\/.*\/files$/, { body: { items: [datasetFile], nextCursor: null } }],
  [/^GET \/api\/v1\/datasets\/.*\/files\//, { content: 'a' }],
  [
    /^PUT .*\/tags\/[^/]+$/,
    { body: { tag: 'golden', version: 2, movedBy: 'admin', movedAt: '2026-03-01T01:00:00.000Z' } },
  ],
];
const predicted = { model: 'penguins', version: 8, latencyMs: 1 };
const row = { outputs: { y: [1] }, label: null };

/** Answers of requests that the golden outputs do not need. */
const more: readonly (readonly [RegExp, Answer])[] = [
  ...lineageAnswers,
  ...datasetAnswers,
  [/^POST \/api\/v1\/jobs$/, { status: 202, body: jobView('queued') }],
  [/^POST .*\/cancel$/, { status: 202, body: jobView('cancelling') }],
  [/^POST .*\/signals\//, { body: { jobId, name: 'hold', id: 'e-1', outcome: 'taken', heldAt: null } }],
  [
    /^GET .*\/logs$/,
    {
      body: {
        attempt: 1,
        stream: 'training',
        offset: 0,
        nextOffset: 4,
        text: 'one\n',
        droppedBytes: 0,
        complete: true,
      },
    },
  ],
  [/^GET .*\/metrics$/, { body: { items: [] } }],
  [/^GET .*\/outputs$/, { body: { items: [{ attempt: 1, path: 'a.txt', bytes: 1 }] } }],
  [/^GET .*\/outputs\//, { content: 'a' }],
  [/^HEAD /, { status: 200 }],
  [/^POST \/api\/v1\/models$/, { status: 201, body: version }],
  [/^POST .*\/(?:promote|retire)$/, { body: version }],
  [/^PATCH \/api\/v1\/models\//, { body: version }],
  [/^DELETE \/api\/v1\/models\//, { status: 204 }],
  [
    /^GET \/api\/v1\/models\/best$/,
    { body: { metric: 'auc', direction: 'max', compared: 1, withoutMetric: 0, ties: 0, value: 0.9, version } },
  ],
  [/^POST .*\/predict$/, { body: { ...predicted, ...row } }],
  [/^POST .*\/predict_batch$/, { body: { ...predicted, results: [{ ...row, error: null }] } }],
  [/^GET \/api\/v1\/audit$/, { body: { items: [], nextCursor: null } }],
  [/^GET \/api\/v1\/garbage$/, { body: { steps: [] } }],
  [/^GET \/api\/v1\/instances\/unresolved$/, { body: { items: [] } }],
  [/^POST \/api\/v1\/session\/links$/, { status: 201, body: { token: 'once', expiresAt: '2026-03-01T02:15:00.000Z' } }],
  [/^GET \/health$/, { body: { status: 'ok' } }],
  [/^GET \/health\/ready$/, { body: { ready: true } }],
];

function answer({ method, path }: Call): Answer {
  const found = more.find(([pattern]) => pattern.test(`${method} ${path}`));
  if (found !== undefined) return found[1];
  return answers[path] === undefined ? { status: 404 } : { body: answers[path] };
}

/** An example of each command that prints data. Null: it prints no data of the platform. */
const examples: Readonly<Record<string, readonly string[] | null>> = {
  up: null,
  down: null,
  completion: null,
  'health check': [],
  'health ready': [],
  'health detailed': [],
  'jobs dispatch': [join(files.path, 'artenic.yaml')],
  'jobs list': [],
  'jobs get': [jobId],
  'jobs attempts': [jobId],
  'jobs cancel': [jobId],
  'jobs signal': [jobId, 'hold'],
  'jobs logs': [jobId],
  'jobs metrics': [jobId],
  'jobs download': [jobId, '--to', join(files.path, 'out')],
  'jobs retry': [jobId, '--force'],
  'jobs compare': [jobId, jobId],
  'dataset lineage': ['reviews'],
  'run list': [],
  'run get': ['r-1'],
  'run open': ['--name', 'elsewhere', '--parameter', 'lr=0.1', '--metric', 'loss=1', '--input', 'reviews@2'],
  'run update': ['r-1', '--status', 'succeeded', '--duration', '9'],
  'run declare': ['r-1', '--output', 'model-version:penguins@8'],
  'run delete': ['r-1'],
  'feature list': [],
  'feature get': ['tenure'],
  'feature define': ['tenure', '--type', 'integer', '--dataset', 'reviews', '--column', 'tenure'],
  'feature update': ['tenure', '--description', 'days'],
  'feature delete': ['tenure'],
  'lineage show': ['reviews'],
  'lineage models': ['--dataset', 'reviews', '--path', 'a.txt', '--production'],
  'lineage declare': ['dataset:reviews', 'penguins'],
  'dataset list': [],
  'dataset create': ['reviews'],
  'dataset get': ['reviews'],
  'dataset update': ['reviews', '--description', 'texts'],
  'dataset delete': ['reviews', '--yes'],
  'dataset purge': ['reviews', 'a.txt', '--reason', 'a request of its owner'],
  'dataset upload': ['reviews', folder.path],
  'dataset files': ['reviews'],
  'dataset stats': ['reviews'],
  'dataset preview': ['reviews', 'a.csv', '--filter', 'id:ge:1'],
  'dataset download': ['reviews', '--to', join(files.path, 'data')],
  'dataset version list': ['reviews'],
  'dataset version create': ['reviews', '--remove', 'a.txt'],
  'dataset version diff': ['reviews', '2'],
  'dataset version restore': ['reviews', '1'],
  'dataset version tag': ['reviews', 'golden', '2'],
  'model list': [],
  'model get': ['penguins'],
  'model best': ['auc'],
  'model edit': ['penguins', '8', '--tag', 'checked'],
  'model stage': ['penguins', '8', 'staging'],
  'model delete': ['penguins', '8'],
  'model promote': ['penguins', '8'],
  'model retire': ['penguins', '8'],
  'model register': ['penguins', join(files.path, 'model.onnx')],
  predict: ['penguins', '--json-input', '{"x":1}'],
  'predict-batch': ['penguins'],
  'provider list': [],
  offers: [],
  doctor: [],
  instances: [],
  audit: [],
  gc: ['--dry-run'],
  dashboard: [],
  'config show': [],
  'config set': ['timeout', '7'],
  'config use-profile': ['default'],
};

/** The platform of the golden outputs has problems. */
const complaining: ReadonlySet<string> = new Set(['doctor', 'health detailed']);

function leaves(command: Command, above: readonly string[] = []): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help')
    .flatMap((one) =>
      one.commands.length === 0 ? [[...above, one.name()].join(' ')] : leaves(one, [...above, one.name()]),
    );
}
const commands = leaves(createProgram(new AbortController().signal));

/** One document, or one a line. */
function documentsIn(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  }
}

test('there is an example of every command', () => {
  expect(Object.keys(examples).toSorted()).toEqual([...commands].toSorted());
});

test.each(commands.filter((name) => examples[name] !== null))('%s prints JSON and nothing else', async (name) => {
  const args = [...name.split(' '), ...(examples[name] ?? []), '--json'];
  const env = { ARTENIC_URL: api.url, ARTENIC_API_KEY: 'key', HOME: files.path };
  const { exitCode, stdout, stderr } =
    name === 'predict-batch'
      ? await artenic(args, { env, input: '{"x":1}\n' })
      : await runOnScreen(args, api, { columns: 60, env: { FORCE_COLOR: '1' }, nowMs });
  expect([name, exitCode, stderr.includes('\n\n')]).toEqual([name, complaining.has(name) ? 1 : 0, false]);
  expect(stdout).not.toContain('\u001B');
  for (const document of documentsIn(stdout)) expect(typeof document).toBe('object');
});
