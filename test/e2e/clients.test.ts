import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { nodeTool } from '../../scripts/node-tools.mjs';
import { pythonTool } from '../../scripts/python-tools.mjs';
import { softmaxModel } from '../serving/models.ts';
import { runSchemathesis } from '../support/schemathesis.ts';
import { byTurns, isFull, seedOf } from '../support/share.ts';
import { createStack } from '../support/stack.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'artenic-clients-'));
const document = at('api/openapi.json');
// One core, so that the jobs that the fuzzer submits run one by one.
const stack = createStack({ ARTENIC_LOCAL_VCPU: '1' });
let python = '';
let typescript = '';
let fuzzer = '';
let jobId = '';

beforeAll(async () => {
  python = pythonTool(at('.'), 'openapi-python-client');
  typescript = nodeTool(at('.'), 'openapi-typescript');
  fuzzer = pythonTool(at('.'), 'schemathesis');
  await stack.start();
}, 400_000);
afterAll(async () => {
  await stack.destroy();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/**
 * Bodies that the generator leaves out. Its clients need none of them: a job can also be sent as JSON, browsers send
 * the reports, and the tus protocol has clients of its own.
 */
const leftOut = [
  'POST /api/v1/jobs: application/yaml',
  'POST /api/v1/jobs: application/x-yaml',
  'POST /api/v1/jobs: text/yaml',
  'POST /api/v1/csp-reports: application/csp-report',
  'POST /api/v1/uploads: not generated',
  'PATCH /api/v1/uploads/{upload}: not generated',
];

test('openapi-python-client leaves out nothing but the other ways to write a body', async () => {
  const { stdout, stderr } = await run(
    join(python, 'openapi-python-client'),
    ['generate', '--path', document, '--output-path', join(folder, 'artenic_client'), '--meta', 'none'],
    // The generator formats its output by another program in its folder.
    { env: { ...process.env, PATH: `${python}:${process.env['PATH'] ?? ''}` } },
  );
  const printed = `${stdout}${stderr}`;
  const warning = /^WARNING parsing (\S+ \S+) within \w+\.\s+(?:Unsupported content type (\S+)$)?/gm;
  const told = [...printed.matchAll(warning)].map(
    ([, operation = '', type = 'not generated']) => `${operation}: ${type}`,
  );
  expect(told.toSorted()).toEqual(leftOut.toSorted());
  const ofOthers = printed.replaceAll(/^WARNING parsing \S+ \/api\/v1\/uploads\S* within uploads\..*$/gm, '');
  expect(ofOthers).not.toMatch(/Unable|Cannot|will not be generated|Skipping/);
});

test('its client submits a job, follows it and asks its model', async () => {
  const model = join(folder, 'model.onnx');
  writeFileSync(model, softmaxModel());
  const command = `echo trained; cp '${model}' "$ARTENIC_OUTPUT_DIR/model.onnx"`;
  const script = at('test/e2e/clients/train_and_predict.py');
  const { stdout } = await run(join(python, 'python'), [script, stack.endpoints().api, stack.adminKey(), command], {
    env: { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const { job, outputs } = JSON.parse(stdout) as { job: string; outputs: { probabilities: number[] } };
  jobId = job;
  expect(outputs.probabilities[1]).toBeCloseTo(0.8808, 3);
}, 180_000);

test('types of openapi-typescript fit what clients write and read', async () => {
  // A field with a default may be absent in a request.
  const flags = ['--default-non-nullable=false', '--output', join(folder, 'api.d.ts')];
  await run(process.execPath, [typescript, document, ...flags]);
  writeFileSync(join(folder, 'use.ts'), readFileSync(at('test/e2e/clients/use-types.txt')));
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--ignoreConfig'];
  await run(process.execPath, [at('node_modules/typescript/bin/tsc'), ...options, join(folder, 'use.ts')]);
}, 120_000);

/** Operations of one run; runs take turns. Each operation costs a second of processor time. */
const operationsAtOnce = 8;

test('made-up requests find no server error, and no answer that is not in the document', async () => {
  const { paths } = JSON.parse(readFileSync(document, 'utf8')) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(ids.length).toBeGreaterThan(70);
  const part = byTurns('schemathesis', ids, operationsAtOnce).flatMap((id) => ['--include-operation-id', id]);
  const options = isFull ? ['--max-examples', '20'] : ['--max-examples', '5', '--phases', 'coverage,fuzzing', ...part];
  const asked = { api: stack.endpoints().api, key: stack.adminKey(), jobId, model: 'generated' };
  const seed = String(seedOf('schemathesis'));
  const { exitCode, printed } = await runSchemathesis(fuzzer, asked, ['--seed', seed, ...options]);
  expect([exitCode, exitCode === 0 ? '' : printed]).toEqual([0, '']);
}, 1_800_000);
