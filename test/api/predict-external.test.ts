import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelVersionView } from '@artenic/core';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pythonTool } from '../../scripts/python-tools.mjs';
import { freePort } from '../../workers/up/ports.ts';
import { poll } from '../support/poll.ts';
import { errorOf, type Answer } from './harness.ts';
import { startPredictions, type PredictionsWorld } from './predictions-world.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'artenic-mlserver-'));
let server: ChildProcess;
let url: string;
let api: PredictionsWorld;
let printed = '';

/** Seldon's MLServer from PyPI, with a model that only Python can open. */
beforeAll(async () => {
  const bin = pythonTool(at('../..'), 'mlserver');
  const makePickle = `import pickle; pickle.dump({"factor": 3.0}, open(${JSON.stringify(join(folder, 'model.pkl'))}, "wb"))`;
  execFileSync(`${bin}/python`, ['-c', makePickle]);
  cpSync(at('external/scaler.py'), join(folder, 'scaler.py'));
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const settings = { host: '127.0.0.1', http_port: http, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0 };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 2] });
  const model = { name: 'scaler', implementation: 'scaler.Scaler', inputs: [tensor('x')], outputs: [tensor('y')] };
  writeFileSync(join(folder, 'model-settings.json'), JSON.stringify(model));
  server = spawn(`${bin}/python`, [`${bin}/mlserver`, 'start', folder], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONPATH: folder },
  });
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (printed += String(chunk)));
  url = `http://127.0.0.1:${http}`;
  await poll('MLServer', 90_000, async () => {
    if (server.exitCode !== null) throw new Error(`MLServer ended:\n${printed}`);
    const response = await fetch(`${url}/v2/models/scaler/ready`).catch(() => null);
    return response?.ok === true ? true : null;
  });
  api = await startPredictions({ deadlineMs: 5000 }, { inferenceServers: [`${url}/`, 'http://127.0.0.1:1'] });
}, 400_000);

async function endServer(): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  server.kill('SIGKILL');
  await gone;
}
afterAll(async () => {
  await endServer();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

async function register(bytes: Uint8Array, body: object): Promise<Answer> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await api.world.call('PUT', `/api/v1/objects/models/${sha256}`, { body: bytes });
  return api.world.call('POST', '/api/v1/models', { body: { model: 'scaler', sha256, ...body } });
}
const pickled = () => readFileSync(join(folder, 'model.pkl'));
const post = (path: string, body: object) => api.world.call('POST', path, { body });
const scaler = '/api/v1/models/scaler';

test('a pickle is refused, unless another server runs it, and even then when opening it runs code', async () => {
  const external = { url, model: 'scaler' };
  const plain = await register(pickled(), {});
  expect([plain.status, errorOf(plain)]).toEqual([422, 'model-rejected']);
  const nowhere = await register(pickled(), { format: 'pickle' });
  expect([nowhere.status, errorOf(nowhere)]).toEqual([422, 'model-rejected']);
  const evil = await register(Buffer.from("cos\nsystem\n(S'true'\ntR."), { format: 'pickle', external });
  expect([evil.status, evil.text]).toEqual([422, expect.stringContaining('os.system')]);
  const unknown = await register(pickled(), { format: 'pickle', external: { ...external, url: 'http://127.0.0.1:9' } });
  expect([unknown.status, unknown.text]).toEqual([422, expect.stringContaining('ARTENIC_INFERENCE_SERVERS')]);
  const away = await register(pickled(), { format: 'pickle', external: { ...external, url: 'http://127.0.0.1:1' } });
  expect(away.status).toBe(503);
  const missing = await register(pickled(), { format: 'pickle', external: { ...external, model: 'nobody' } });
  expect(missing.status).toBe(422);
}, 120_000);

test('its rows go through MLServer by every route', async () => {
  const answer = await register(pickled(), { format: 'pickle', external: { url, model: 'scaler' } });
  expect([answer.status, answer.json()]).toEqual([201, expect.objectContaining({ format: 'pickle' })]);
  expect(answer.json<ModelVersionView>()).toMatchObject({
    external: { url, model: 'scaler', version: null },
    signature: { inputs: [{ name: 'x', type: 'float32', shape: ['rows', 2] }] },
  });
  await post(`${scaler}/versions/1/promote`, {});
  expect((await post(`${scaler}/predict`, { inputs: { x: [1, 2] } })).json()).toMatchObject({ outputs: { y: [3, 6] } });
  const batch = await post(`${scaler}/predict_batch`, { inputs: [{ x: [1, 2] }, { x: [-1, 0] }, { x: [0.5, 0] }] });
  expect(batch.json<{ results: object[] }>().results).toMatchObject([
    { outputs: { y: [3, 6] }, error: null },
    { outputs: null },
    { outputs: { y: [1.5, 0] } },
  ]);
  const tensor = { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] };
  expect((await post('/v2/models/scaler/infer', { inputs: [tensor] })).json()).toMatchObject({
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: [3, 6, 9, 12] }],
  });
  const ready = await api.world.call('GET', '/v2/models/scaler/ready');
  expect(ready.json()).toEqual({ name: 'scaler', ready: true });
});

test('when its server is gone the answer is 503 and says when to come back', async () => {
  await endServer();
  for (const [path, body] of [
    [`${scaler}/predict`, { inputs: { x: [1, 2] } }],
    ['/v2/models/scaler/infer', { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }] }],
  ] as const) {
    const answer = await post(path, body);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  }
  expect((await api.world.call('GET', '/v2/models/scaler/ready')).status).toBe(503);
});
