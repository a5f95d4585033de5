import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startFakeApi, type Answer, type FakeApi } from '../sdk/client/fake-api.ts';
import { runOnScreen } from './in-process.ts';

const version = {
  ...{ model: 'penguins', version: 7, stage: 'production', format: 'onnx', sha256: 'a', bytes: 1, metrics: {} },
  signature: { inputs: [], outputs: [], labels: ['Adelie', 'Chinstrap', 'Gentoo'] },
  ...{ jobId: null, createdBy: 'a', createdAt: '2026-03-01T01:00:00.000Z', external: null },
};
const outputs = { label: 'Gentoo', probabilities: [0.05, 0.15, 0.8], score: [1, 2] };
let versionAnswer: Answer = { body: version };
let api: FakeApi;
beforeAll(async () => {
  api = await startFakeApi(({ path }) =>
    path.endsWith('/predict')
      ? { body: { model: 'penguins', version: 7, outputs, label: 'Gentoo', latencyMs: 1.25 } }
      : versionAnswer,
  );
});
afterAll(() => api.close());

const predict = (...options: string[]) =>
  runOnScreen(['predict', 'penguins', '--json-input', '{"x":1}', ...options], api, { columns: null, nowMs: 0 });

test('a prediction names the classes, the likeliest first', async () => {
  const { stdout } = await predict();
  expect(stdout).toBe(
    [
      'Gentoo',
      'PROBABILITIES   VALUE',
      'Gentoo         0.8000',
      'Chinstrap      0.1500',
      'Adelie         0.0500',
      'score: [1,2]',
      'penguins version 7, 1.3 ms',
      '',
    ].join('\n'),
  );
  expect(JSON.parse((await predict('--json')).stdout)).toMatchObject({ outputs });
});

test('without the names the numbers are shown as they are', async () => {
  versionAnswer = { status: 403, body: {} };
  const { exitCode, stdout } = await predict();
  expect(exitCode).toBe(0);
  expect(stdout).toContain('probabilities: [0.05,0.15,0.8]');
});
