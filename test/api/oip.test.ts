import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pythonTool } from '../../scripts/python-tools.mjs';
import { oneHotModel, shapelessModel, zerosModel } from '../serving/exported-models.ts';
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
  await api.add('shapeless', shapelessModel());
  await api.add('zeros', zerosModel());
  await api.add('cities', oneHotModel());
  // Each model is checked and warmed up in a process of its own.
}, 120_000);
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

  test('null is as absent, parameters may be anything, a missing number is null', async () => {
    const parameters = { content_type: 'np', headers: { a: '1' }, tags: ['a'], nothing: null };
    const dumped = { ...x, data: [1, 2, null, 'NaN'], parameters: null };
    const answer = await infer(softmax, { id: null, parameters: null, inputs: [dumped], outputs: null });
    expect(answer.status).toBe(200);
    expect(answer.json<{ outputs: { data: unknown }[] }>().outputs[0]?.data).toEqual([
      ...[expect.closeTo(0.2689414, 6), expect.closeTo(0.7310586, 6)],
      ...['NaN', 'NaN'],
    ]);
    const asked = { name: 'probabilities', parameters: { ...parameters, binary_data: null, classification: null } };
    const rich = await infer(softmax, { id: 'a', parameters, inputs: [{ ...x, parameters }], outputs: [asked] });
    expect(rich.json()).toMatchObject({ id: 'a', outputs: [{ name: 'probabilities' }] });
  });

  test('a model without shapes takes any', async () => {
    expect((await get('/v2/models/shapeless')).json()).toMatchObject({
      inputs: [{ shape: [-1] }],
      outputs: [{ shape: [-1] }],
    });
    const answer = await infer('/v2/models/shapeless/infer', { inputs: [{ ...x, shape: [2, 1, 2] }] });
    expect(answer.json()).toMatchObject({ outputs: [{ name: 'y', shape: [2, 1, 2], data: [1, 2, 2, 1] }] });
  });

  test('a long answer goes as bytes only', async () => {
    const inputs = [{ name: 'size', shape: [1], datatype: 'INT64', data: [1_000_001] }];
    const refused = await infer('/v2/models/zeros/infer', { inputs });
    expect([refused.status, Object.keys(refused.json())]).toEqual([413, ['error']]);
    const answer = await infer('/v2/models/zeros/infer', { inputs, parameters: { binary_data_output: true } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  });

  const city = (data: string) => `{"inputs":[{"name":"city","shape":[1,1],"datatype":"BYTES","data":${data}}]}`;
  const deep = `${'['.repeat(200_000)}1${']'.repeat(200_000)}`;

  test.each<[string, string, string, RegExp]>([
    ['text with NUL', 'cities', city('["a\\u0000b"]'), /NUL/],
    ['half a surrogate pair', 'cities', city('["\\ud83d"]'), /surrogate/],
    ['NUL in the id', 'softmax', `{"id":"a\\u0000","inputs":[${JSON.stringify(x)}]}`, /NUL/],
    ['lists without end', 'softmax', JSON.stringify({ inputs: [x] }).replace('[1,2,2,1]', deep), /deep/],
    ['lists without end beside a long number', 'zeros', `{"a":1234567890123456789,"b":${deep}}`, /deep|inputs/],
    ['parameters without end', 'softmax', `{"parameters":{"a":${deep}},"inputs":[${JSON.stringify(x)}]}`, /deep/],
  ])('%s is refused in words', async (_, model, body, message) => {
    const answer = await infer(`/v2/models/${model}/infer`, body);
    expect(answer.status).toBe(400);
    expect(answer.json<{ error: string }>().error).toMatch(message);
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

describe('the same by REST', () => {
  const rest = { number: 1, text: 'x', flag: true, grid: [1, 2, 3, 4, 5, 6], open: [1] };
  const json = (whole: string, open = '[1]') =>
    JSON.stringify({ ...rest, open: '#' })
      .replace('"#"', open)
      .replace('{', `{"whole":${whole},`);
  const call = (path: string, body: string) =>
    api.world.call('POST', `/api/v1/models/echo/${path}`, { body, headers: { 'content-type': 'application/json' } });

  test.each(['9007199254740993', '"9007199254740993"', '-9223372036854775808'])(
    'all digits of %s come back, by one row and by many',
    async (whole) => {
      const digits = whole.replaceAll('"', '');
      const one = await call('predict', `{"inputs":${json(whole)}}`);
      expect(one.json()).toMatchObject({ outputs: { whole_out: digits } });
      const many = await call('predict_batch', `{"inputs":[${json('1')},${json(whole)}]}`);
      expect(many.json()).toMatchObject({
        results: [{ outputs: { whole_out: 1 } }, { outputs: { whole_out: digits } }],
      });
    },
  );

  test.each(['9223372036854775808', '1e300'])('%s is refused with a sentence that is true', async (whole) => {
    const answer = await call('predict', `{"inputs":${json(whole)}}`);
    expect(answer.status).toBe(422);
    expect(answer.json<{ detail: string }>().detail).toMatch(
      /"9223372036854775808" is not a whole number from|past 2\^53, where a JSON number is rounded/,
    );
  });

  test('missing and infinite numbers come back as JSON that can be sent again', async () => {
    const first = await call('predict', `{"inputs":${json('1', '[null,"-Infinity",12345678901234567890]')}}`);
    const { outputs } = first.json<{ outputs: { open_out: readonly unknown[] } }>();
    expect(outputs.open_out).toEqual(['NaN', '-Infinity', Math.fround(Number('12345678901234567890'))]);
    const again = await call('predict', `{"inputs":${json('1', JSON.stringify(outputs.open_out))}}`);
    expect(again.json()).toMatchObject({ outputs });
  });
});
