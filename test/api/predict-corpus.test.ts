import { createHash } from 'node:crypto';
import { RandomNumbers } from '@artenic/training';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  allocationModel,
  depthBomb,
  externalDataModels,
  loopModel,
  softmaxModel,
  unknownOperatorModel,
} from '../serving/models.ts';
import { errorOf } from './harness.ts';
import { startPredictions, type PredictionsWorld } from './predictions-world.ts';

let api: PredictionsWorld;
beforeAll(async () => {
  api = await startPredictions({ loadTimeoutMs: 10_000 });
  await api.add('good', softmaxModel());
});
afterAll(() => api.close());

const magic = (...head: readonly number[]) => Uint8Array.from([...head, ...Array<number>(64).fill(1)]);

function mutant(seed: number): Uint8Array {
  const random = RandomNumbers.fromSeed(seed);
  const bytes = Uint8Array.from(softmaxModel());
  for (let flips = 1 + random.below(4); flips > 0; flips--) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
}

const files: readonly (readonly [string, () => Uint8Array])[] = [
  ['a loop without end', () => loopModel(10n ** 15n)],
  ['graphs nested without end', depthBomb],
  ['an operator nobody knows', unknownOperatorModel],
  ['half a model', () => softmaxModel().slice(0, 60)],
  ['a pickle', () => magic(0x80, 4)],
  ['a zip archive', () => magic(0x50, 0x4b, 3, 4)],
  ['HDF5', () => magic(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a)],
  ['gzip', () => magic(0x1f, 0x8b)],
  ['zeros', () => new Uint8Array(1000)],
  ...externalDataModels.map(([name, build]) => [`external data: ${name}`, build] as const),
];

async function verdictOn(bytes: Uint8Array) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await api.world.call('PUT', `/api/v1/objects/models/${sha256}`, { body: bytes });
  return api.world.call('POST', '/api/v1/models', { body: { model: 'corpus', sha256 } });
}

test.each(files)('%s is refused with a reason, and the API answers on', async (_, build) => {
  const [answer, meanwhile] = await Promise.all([
    verdictOn(build()),
    api.world.call('POST', '/api/v1/models/good/predict', { body: { inputs: { x: [1, 2] } } }),
  ]);
  expect([answer.status, errorOf(answer)]).toEqual([422, 'model-rejected']);
  expect(answer.json<{ detail: string }>().detail.length).toBeGreaterThan(10);
  expect([meanwhile.status, (await api.world.call('GET', '/livez', { bearer: null })).status]).toEqual([200, 200]);
});

test('137 GB at once: a failure that registration leaves to those who ask, and the API answers on', async () => {
  expect((await verdictOn(allocationModel(34_359_738_368n))).status).toBe(201);
  const [asked, meanwhile] = await Promise.all([
    api.world.call('POST', '/api/v1/models/corpus/predict', { body: { inputs: {}, version: 1 } }),
    api.world.call('POST', '/api/v1/models/good/predict', { body: { inputs: { x: [1, 2] } } }),
  ]);
  expect([asked.status, errorOf(asked), meanwhile.status]).toEqual([422, 'validation-failed', 200]);
});

test('flipped bits: taken or refused', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const answer = await verdictOn(mutant(seed));
    if (answer.status !== 201) expect([answer.status, errorOf(answer)]).toEqual([422, 'model-rejected']);
  }
}, 60_000);
