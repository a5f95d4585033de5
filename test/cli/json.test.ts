import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';
import { jobView, startFakeApi, type Answer, type Call, type FakeApi } from '../sdk/client/fake-api.ts';
import { artenic, folderWith } from './artenic.ts';
import { answers, jobId, nowMs } from './golden/answers.ts';
import { runOnScreen } from './in-process.ts';

const files = folderWith({ 'artenic.yaml': 'service: penguins\ncommand: node train.ts\n', 'model.onnx': 'model' });
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
});

const version = {
  ...{ model: 'penguins', version: 8, stage: 'production', format: 'onnx', sha256: 'a'.repeat(64), bytes: 5 },
  ...{ signature: { inputs: [], outputs: [], labels: null }, metrics: {}, jobId: null, createdBy: 'admin' },
  ...{ createdAt: '2026-03-01T01:00:00.000Z', external: null },
};
const predicted = { model: 'penguins', version: 8, latencyMs: 1 };
const row = { outputs: { y: [1] }, label: null };

/** Answers of requests that the golden outputs do not need. */
const more: readonly (readonly [RegExp, Answer])[] = [
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
  'model list': [],
  'model get': ['penguins'],
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
