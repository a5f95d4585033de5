import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pythonTool } from '../../scripts/python-tools.mjs';
import { echoModel, softmaxModel } from '../serving/models.ts';
import { addKey } from './harness.ts';
import { startPredictions, type PredictionsWorld } from './predictions-world.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
let api: PredictionsWorld;
beforeAll(async () => {
  api = await startPredictions();
  await api.add('softmax', softmaxModel());
  await api.add('softmax', softmaxModel('["hen","owl"]'), false);
  await api.add('echo', echoModel());
  await api.add('unused', softmaxModel(), false);
});
afterAll(() => api.close());

const get = (path: string) => api.world.call('GET', path);
const infer = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  api.world.call('POST', path, { body, headers: { 'content-type': 'application/json', ...headers } });
const x = { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 2, 1] };
const softmax = '/v2/models/softmax/infer';

describe('without a model', () => {
  test('health and server metadata ask for no key', async () => {
    for (const end of ['live', 'ready'])
      expect((await api.world.call('GET', `/v2/health/${end}`, { bearer: null })).json()).toEqual({
        live: true,
        ready: true,
      });
    expect((await api.world.call('GET', '/v2', { bearer: null })).json()).toMatchObject({
      name: 'artenic',
      extensions: ['binary_tensor_data'],
    });
  });

  test('everything else does, and says so in the protocol’s words', async () => {
    const answer = await api.world.call('GET', '/v2/models/softmax', { bearer: null });
    expect([answer.status, Object.keys(answer.json())]).toEqual([401, ['error']]);
  });
});

describe('metadata', () => {
  test('with and without a version', async () => {
    expect((await get('/v2/models/softmax')).json()).toEqual({
      name: 'softmax',
      versions: ['2', '1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }],
    });
    expect((await get('/v2/models/softmax/versions/2')).json()).toMatchObject({ versions: ['2'] });
    expect((await get('/v2/models/softmax/ready')).json()).toEqual({ name: 'softmax', ready: true });
    expect((await get('/v2/models/softmax/versions/2/ready')).json()).toEqual({ name: 'softmax', ready: true });
  });

  test('what is not there', async () => {
    expect((await get('/v2/models/nobody')).status).toBe(404);
    expect((await get('/v2/models/softmax/versions/9/ready')).status).toBe(404);
    expect((await get('/v2/models/unused/ready')).status).toBe(409);
    const stranger = await addKey(api.world.store, 'stranger', 'other');
    expect((await api.world.call('GET', '/v2/models/softmax', { bearer: stranger })).status).toBe(404);
  });
});

describe('inference in JSON', () => {
  test('two rows, with the id and the version that answered', async () => {
    const answer = await infer(softmax, { id: 'mine', inputs: [x] });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      model_name: 'softmax',
      model_version: '1',
      id: 'mine',
      outputs: [
        {
          name: 'probabilities',
          datatype: 'FP32',
          shape: [2, 2],
          data: [0.2689414, 0.7310586, 0.7310586, 0.2689414].map((value) => expect.closeTo(value, 6)),
        },
      ],
    });
    const second = await infer('/v2/models/softmax/versions/2/infer', {
      inputs: [x],
      outputs: [{ name: 'probabilities' }],
    });
    expect(second.json()).toMatchObject({ model_version: '2' });
  });

  test('every kind of tensor, all digits of a whole number', async () => {
    const inputs = [
      { name: 'number', shape: [1, 1], datatype: 'FP32', data: [1.5] },
      { name: 'whole', shape: [1], datatype: 'INT64', data: ['9007199254740993'] },
      { name: 'text', shape: [1, 1], datatype: 'BYTES', data: ['Ünï'] },
      { name: 'flag', shape: [1], datatype: 'BOOL', data: [true] },
      {
        name: 'grid',
        shape: [1, 2, 3],
        datatype: 'FP32',
        data: [
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ],
      },
      { name: 'open', shape: [1, 2], datatype: 'FP32', data: [[7, 8]] },
    ];
    const answer = await infer('/v2/models/echo/infer', { inputs });
    expect(answer.text).toContain('[9007199254740993]');
    expect(answer.json<{ outputs: { name: string; data: unknown }[] }>().outputs.map(({ data }) => data)).toEqual([
      [1.5],
      [9_007_199_254_740_992],
      ['Ünï'],
      [true],
      [1, 2, 3, 4, 5, 6],
      [7, 8],
    ]);
  });

  test.each<[string, unknown, Record<string, string>, number]>([
    ['no JSON', '{', {}, 400],
    ['no inputs', {}, {}, 400],
    ['another input', { inputs: [{ ...x, name: 'y' }] }, {}, 400],
    ['another shape', { inputs: [{ ...x, shape: [1, 4] }] }, {}, 400],
    ['another datatype', { inputs: [{ ...x, datatype: 'INT8' }] }, {}, 400],
    ['NaN', '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[NaN,1]}]}', {}, 400],
    ['an unknown output', { inputs: [x], outputs: [{ name: 'y' }] }, {}, 400],
    ['a wrong header', { inputs: [x] }, { 'inference-header-content-length': '1e9' }, 400],
    ['bytes without a header', 'xx', { 'content-type': 'application/octet-stream' }, 400],
    ['a strange type', 'xx', { 'content-type': 'text/plain' }, 415],
  ])('%s is refused with {"error": …}', async (_, body, headers, status) => {
    const answer = await infer(softmax, body, headers);
    expect([answer.status, Object.keys(answer.json())]).toEqual([status, ['error']]);
  });
});

test('binary in and out, in the order of the request', async () => {
  const header = JSON.stringify({
    inputs: [{ ...x, data: undefined, parameters: { binary_data_size: 16 } }],
    outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
  });
  const body = Buffer.concat([Buffer.from(header), Buffer.from(Float32Array.of(1, 2, 2, 1).buffer)]);
  const response = await fetch(`${api.world.url}${softmax}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${api.world.key}`,
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(header.length),
    },
    body,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get('inference-header-content-length'));
  expect(JSON.parse(bytes.toString('utf8', 0, length))).toMatchObject({
    outputs: [{ name: 'probabilities', shape: [2, 2], parameters: { binary_data_size: 16 } }],
  });
  expect(bytes.length).toBe(length + 16);
  expect(bytes.readFloatLE(length + 4)).toBeCloseTo(0.7310586, 6);
});

test('tritonclient, which Triton’s makers wrote, finds nothing to complain about', async () => {
  const python = `${pythonTool(at('../..'), 'tritonclient')}/python`;
  const { stdout } = await promisify(execFile)(python, [
    at('oip/triton_client.py'),
    String(api.world.port),
    api.world.key,
  ]);
  expect(stdout.trim().split('\n').at(-1)).toBe('all good');
}, 300_000);
