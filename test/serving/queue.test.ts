import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { RandomNumbers } from '@artenic/training';
import { GraphBuilder } from '../../sdk/training/onnx/graph-builder.ts';
import { poll } from '../support/poll.ts';
import { loopModel, modelFolder, softmaxModel } from './models.ts';
import { servingWorld } from './world.ts';

const models = modelFolder();
const { hosts, predictorWith, closePredictor } = servingWorld(models, { maxHosts: 3, maxHostsPerModel: 2 });
afterEach(async () => {
  await closePredictor();
});
afterAll(() => models.remove());

/** Looks up an index in a table of four; any other index fails the whole run. */
function tableModel(): Uint8Array {
  const graph = new GraphBuilder();
  graph.input('place', ['rows'], 'int64');
  const table = graph.reals('table', [4], [10, 11, 12, 13]);
  graph.output('value', graph.node('Gather', [table, 'place']), ['rows']);
  return graph.encode('table', {});
}

/** Share of each row in the sum over all rows of a run. */
function acrossRowsModel(): Uint8Array {
  const graph = new GraphBuilder();
  graph.input('x', ['rows', 1]);
  graph.output('share', graph.node('Softmax', ['x'], { attributes: { axis: 0 } }), ['rows', 1]);
  return graph.encode('across', {});
}

const softmax = models.add(softmaxModel());
const table = models.add(tableModel());

describe('batches', () => {
  test('every caller gets what its row gives alone, within 1e-6', async () => {
    const { predict } = predictorWith();
    const random = RandomNumbers.fromSeed(4);
    const rows = Array.from({ length: 300 }, () => [random.below(2000) / 100 - 10, random.below(2000) / 100 - 10]);
    const answers = await Promise.all(rows.map((x) => predict({ sha256: softmax, inputs: { x } })));
    for (const [index, [a = 0, b = 0]] of rows.entries()) {
      const share = 1 / (1 + Math.exp(b - a));
      const [first = 0, second = 0] = (answers[index]?.outputs['probabilities'] ?? []) as number[];
      expect(Math.abs(first - share)).toBeLessThan(1e-6);
      expect(Math.abs(second - (1 - share))).toBeLessThan(1e-6);
    }
  });

  test('requests of several rows get their own rows back', async () => {
    const { infer } = predictorWith();
    const requests = [3, 1, 7, 40, 2, 31].map((rows, number) => Float32Array.from({ length: rows * 2 }, () => number));
    const answers = await Promise.all(
      requests.map((data) =>
        infer({
          sha256: softmax,
          prepare: () => [{ name: 'x', type: 'float32', dims: [data.length / 2, 2], data }],
        }),
      ),
    );
    expect(answers.map(([output]) => output?.dims)).toEqual(requests.map((data) => [data.length / 2, 2]));
  });

  test('a poisoned row fails alone', async () => {
    const { predict } = predictorWith();
    const places = Array.from({ length: 64 }, (_, index) => (index % 20 === 7 ? 99 : index % 4));
    const answers = await Promise.allSettled(places.map((place) => predict({ sha256: table, inputs: { place } })));
    for (const [index, answer] of answers.entries()) {
      if (places[index] === 99) expect(answer).toMatchObject({ reason: { type: 'validation-failed' } });
      else expect(answer).toMatchObject({ value: { outputs: { value: 10 + (index % 4) } } });
    }
  });

  test('a model that looks across its rows never gets those of others', async () => {
    const { predict } = predictorWith();
    const across = models.add(acrossRowsModel());
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => predict({ sha256: across, inputs: { x: index } })),
    );
    for (const { outputs } of answers) expect(outputs['share']).toEqual([1]);
  });
});

test('who could not be answered in time is refused at once and told when to come back', async () => {
  const { predict } = predictorWith({ maxHosts: 1, maxHostsPerModel: 1, deadlineMs: 3000 });
  const loop = models.add(loopModel());
  const ask = () => predict({ sha256: loop, inputs: { n: 100_000 } });
  await ask();
  const order: ('answered' | 'refused')[] = [];
  const answers = await Promise.allSettled(
    Array.from({ length: 200 }, () =>
      ask().then(
        () => order.push('answered'),
        (error: unknown) => {
          order.push('refused');
          throw error;
        },
      ),
    ),
  );
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  expect(refused.length).toBeGreaterThan(20);
  expect(refused).toContainEqual(
    expect.objectContaining({ type: 'unavailable', details: { retryAfterMs: expect.any(Number) } }),
  );
  const whileOthersWait = order.slice(0, order.lastIndexOf('answered'));
  expect(whileOthersWait.filter((end) => end === 'refused').length).toBeGreaterThan(20);
});

test('more memory than all may have: the model that was asked for longest ago leaves', async () => {
  const { predict } = predictorWith({ totalMemoryBytes: 150 * 1024 ** 2 });
  await predict({ sha256: softmax, inputs: { x: [1, 2] } });
  const [first] = hosts();
  await predict({ sha256: table, inputs: { place: 1 } });
  await poll('the first to leave', 5000, () => (hosts().length === 1 ? true : null));
  expect(hosts()).not.toContain(first);
});

test('under load a model gets a second process, and only then', async () => {
  const { predict } = predictorWith();
  await predict({ sha256: softmax, inputs: { x: [1, 2] } });
  expect(hosts()).toHaveLength(1);
  const untilMs = performance.now() + 8000;
  const one = async (): Promise<void> => {
    while (performance.now() < untilMs && hosts().length < 2)
      await Promise.all(Array.from({ length: 500 }, () => predict({ sha256: softmax, inputs: { x: [1, 2] } })));
  };
  await one();
  expect(hosts()).toHaveLength(2);
});
