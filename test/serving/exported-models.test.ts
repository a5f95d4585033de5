import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { startHost } from '../../serving/hosts/process.ts';
import { readBinary, writeBinary } from '../../serving/oip/binary.ts';
import {
  cacheModel,
  halfModel,
  namedModel,
  oneHotModel,
  scalarModel,
  shapelessModel,
  sumOfRowsModel,
  zerosModel,
} from './exported-models.ts';
import { echoModel, modelFolder, softmaxModel } from './models.ts';
import { servingWorld } from './world.ts';

const models = modelFolder();
const { predictorWith, closePredictor } = servingWorld(models, {});
afterEach(closePredictor);
afterAll(() => models.remove());

const tensor = (name: string, dims: readonly number[], values: readonly number[]) => ({
  ...{ name, type: 'float32', dims },
  data: Float32Array.from(values),
});

describe('a model that fails on rows that are made up is registered, and answers real ones', () => {
  test('a text that is none of its categories', async () => {
    const { inspect, warm, predict, predictBatch } = predictorWith();
    const sha256 = models.add(oneHotModel());
    expect((await inspect(sha256)).inputs).toEqual([{ name: 'city', type: 'string', shape: ['rows', 1] }]);
    await warm({ sha256 });
    expect((await predict({ sha256, inputs: { city: 'Oslo' } })).outputs).toEqual({ hot: [[0, 1]] });
    await expect(predict({ sha256, inputs: { city: 'Atlantis' } })).rejects.toMatchObject({
      type: 'validation-failed',
      message: expect.stringContaining('Unknown Category'),
    });
    const { results } = await predictBatch({
      sha256,
      rows: [{ city: 'Lima' }, { city: 'Atlantis' }, { city: 'Oslo' }],
    });
    expect(results.map((result) => ('error' in result ? result.error.type : result.outputs))).toEqual([
      { hot: [[1, 0]] },
      'validation-failed',
      { hot: [[0, 1]] },
    ]);
  });

  test('dimensions that hang together, and one of length 0', async () => {
    const { inspect, infer } = predictorWith();
    const sha256 = models.add(cacheModel());
    await inspect(sha256);
    for (const past of [0, 3]) {
      const ones = (count: number) => Array<number>(count).fill(1);
      const [present] = await infer({
        sha256,
        prepare: () => [
          tensor('past', [1, past], ones(past)),
          tensor('now', [1, 2], [7, 8]),
          tensor('mask', [1, past + 2], ones(past + 2)),
        ],
      });
      expect(present).toMatchObject({ dims: [1, past + 2], data: Float32Array.of(...ones(past), 7, 8) });
    }
  });
});

describe('whether rows may share a run', () => {
  test.each<[string, () => Uint8Array, boolean]>([
    ['rows of numbers that do not influence one another', softmaxModel, true],
    ['whole numbers that do', sumOfRowsModel, false],
    ['rows of which none is answered', oneHotModel, false],
    ['lengths that do not fit one another', cacheModel, false],
  ])('%s', async (_, build, expected) => {
    const host = await startHost({ memoryBytes: 2 ** 30 });
    try {
      await host.ask('load', models.pathOf(models.add(build())));
      expect(await host.ask('warmUp', null)).toEqual({ hasOwnRows: expected });
    } finally {
      await host.kill();
    }
  });
});

test('an unknown number of dimensions is told from a scalar, and takes any', async () => {
  const { inspect, infer, predict } = predictorWith();
  const [shapeless, scalar] = [models.add(shapelessModel()), models.add(scalarModel())];
  expect((await inspect(scalar)).inputs).toEqual([{ name: 'x', type: 'float32', shape: [] }]);
  expect((await inspect(shapeless)).inputs).toEqual([{ name: 'x', type: 'float32', shape: null }]);
  for (const dims of [[], [3], [2, 3], [1, 2, 0]]) {
    const values = Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, index) => index);
    const [y] = await infer({ sha256: shapeless, prepare: () => [tensor('x', dims, values)] });
    expect(y).toMatchObject({ dims, data: Float32Array.from(values) });
  }
  expect((await predict({ sha256: shapeless, inputs: { x: [1, -2, 3] } })).outputs).toEqual({ y: [1, 0, 3] });
  expect((await predict({ sha256: shapeless, inputs: { x: -4 } })).outputs).toEqual({ y: 0 });
});

test('half precision: every bit pattern goes through a model exactly', async () => {
  const { inspect, predict, infer } = predictorWith();
  const sha256 = models.add(halfModel());
  expect((await inspect(sha256)).inputs).toEqual([{ name: 'x', type: 'float16', shape: ['rows', 4] }]);
  // The largest half doubled overflows; the smallest half is kept.
  expect((await predict({ sha256, inputs: { x: [1.5, -2.25, 65_504, 6e-8] } })).outputs).toEqual({
    y: [3, -4.5, 'Infinity', 2 ** -23],
  });
  expect((await predict({ sha256, inputs: { x: [null, 'NaN', 'Infinity', '-Infinity'] } })).outputs).toEqual({
    y: ['NaN', 'NaN', 'Infinity', '-Infinity'],
  });
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const data = readBinary('x', 'float16', all.length, new Uint8Array(all.buffer));
  const [y] = await infer({ sha256, prepare: () => [{ name: 'x', type: 'float16', dims: [16_384, 4], data }] });
  if (y === undefined) throw new Error('no output');
  const halves = (bytes: Uint8Array) => new Float16Array(bytes.slice().buffer);
  const doubled = halves(new Uint8Array(all.buffer)).map((value) => value * 2);
  expect(halves(writeBinary(y))).toEqual(doubled);
});

test('what an answer holds can be sent again: missing and infinite numbers, whole ones of 64 bits', async () => {
  const { predict } = predictorWith();
  const sha256 = models.add(echoModel());
  const rest = { number: 1, text: 'x', flag: true, grid: [1, 2, 3, 4, 5, 6] };
  const first = await predict({
    sha256,
    inputs: { ...rest, whole: '-9223372036854775808', open: [null, 'NaN', 'Infinity', '-Infinity', 1] },
  });
  expect(first.outputs).toMatchObject({
    whole_out: '-9223372036854775808',
    open_out: ['NaN', 'NaN', 'Infinity', '-Infinity', 1],
  });
  const { whole_out: whole, open_out: open } = JSON.parse(JSON.stringify(first.outputs)) as Record<string, unknown>;
  expect((await predict({ sha256, inputs: { ...rest, whole, open } })).outputs).toEqual(first.outputs);
  // Types without a missing value refuse null, and a number that lost precision is never accepted as another number.
  for (const [inputs, message] of [
    [{ whole: null }, 'null is not a whole number'],
    [{ text: null }, 'null is not text'],
    [{ flag: null }, 'null is not true or false'],
    [{ whole: 2 ** 63 }, 'send it as text'],
  ] as const)
    await expect(predict({ sha256, inputs: { ...rest, whole: 1, open: [1], ...inputs } })).rejects.toThrow(message);
});

test('an answer has a bound: by row, by request, and in bytes', async () => {
  const { predict, predictBatch, infer } = predictorWith();
  const sha256 = models.add(zerosModel());
  await expect(predict({ sha256, inputs: { size: 1_000_001 } })).rejects.toMatchObject({ type: 'payload-too-large' });
  const rows = (size: number, count: number) => Array.from({ length: count }, () => ({ size }));
  expect((await predictBatch({ sha256, rows: [{ size: 1_000_001 }, { size: 2 }] })).results).toMatchObject([
    { error: { type: 'payload-too-large' } },
    { outputs: { zeros: [0, 0] } },
  ]);
  await expect(predictBatch({ sha256, rows: rows(700_000, 3) })).rejects.toMatchObject({ type: 'payload-too-large' });
  const size = { name: 'size', type: 'int64', dims: [1] };
  const ask = (count: bigint) => infer({ sha256, prepare: () => [{ ...size, data: BigInt64Array.of(count) }] });
  await expect(ask(70_000_000n)).rejects.toMatchObject({ type: 'payload-too-large' });
  expect((await ask(5n))[0]?.data).toHaveLength(5);
});

test.each([
  ['a label with NUL', namedModel('x', '["a\\u0000b","c"]'), /label .* NUL/],
  ['a label with half a surrogate pair', namedModel('x', '["\\ud83d","c"]'), /label .* surrogate/],
  ['a name with NUL', namedModel('x\0y', '["a","b"]'), /name .* NUL/],
])('%s is refused as the model’s fault', async (_, bytes, message) => {
  const refusal = predictorWith().inspect(models.add(bytes));
  await expect(refusal).rejects.toMatchObject({ type: 'model-rejected', message: expect.stringMatching(message) });
});
