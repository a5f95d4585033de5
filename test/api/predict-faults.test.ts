import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PredictBatchResponse, PredictResponse } from '@artenic/core';
import { GraphBuilder } from '../../sdk/training/onnx/graph-builder.ts';
import { processesWith } from '../support/processes.ts';
import { loopModel, softmaxModel } from '../serving/models.ts';
import { startPredictions, type PredictionsWorld } from './predictions-world.ts';

/** Counts of the CI column in `reliability.md`; the environment can raise them. */
const kills = Number(process.env['ARTENIC_HOST_KILLS'] ?? 20);
const swaps = Number(process.env['ARTENIC_MODEL_SWAPS'] ?? 5);

/** Adds its version's number to the input. */
function adder(number: number): Uint8Array {
  const graph = new GraphBuilder();
  graph.input('x', ['rows', 1]);
  graph.output('y', graph.node('Add', ['x', graph.scalar(number)]), ['rows', 1]);
  return graph.encode('adder', {});
}

let api: PredictionsWorld;
beforeAll(async () => {
  // longer than a host needs to start on a loaded machine: a killed host's requests must fail at once, not by the deadline
  api = await startPredictions({ deadlineMs: 20_000 });
  await api.add('adder', adder(1));
});
afterAll(() => api.close());
const predict = (model: string, body: object) => api.world.call('POST', `/api/v1/models/${model}/predict`, { body });

test('many rows: the wrong ones fail alone', async () => {
  const inputs = Array.from({ length: 100 }, (_, row) => (row % 10 === 3 ? { x: 'three' } : { x: [row] }));
  const answer = await api.world.call('POST', '/api/v1/models/adder/predict_batch', { body: { inputs } });
  expect(answer.status).toBe(200);
  const { results, version } = answer.json<PredictBatchResponse>();
  expect(version).toBe(1);
  expect(results).toHaveLength(100);
  for (const [row, { outputs, error }] of results.entries()) {
    if (row % 10 === 3) expect([outputs, error?.errors[0]?.pointer]).toEqual([null, '/inputs/x']);
    else expect([outputs, error]).toEqual([{ y: [row + 1] }, null]);
  }
  for (const body of [{}, { inputs: [] }, { inputs: [1] }, { inputs: [{ x: 1 }], more: 1 }])
    expect((await api.world.call('POST', '/api/v1/models/adder/predict_batch', { body })).status).toBe(422);
});

test(`F18: hosts are killed ${kills} times under load: nobody gets a wrong answer, at most one a kill gets none`, async () => {
  let stop = false;
  const failures: number[] = [];
  let answered = 0;
  const one = async (number: number): Promise<void> => {
    for (let x = number; !stop; x += 8) {
      const answer = await predict('adder', { inputs: { x: [x] } });
      if (answer.status === 200) expect(answer.json<PredictResponse>().outputs).toEqual({ y: [Math.fround(x + 1)] });
      else failures.push(answer.status);
      answered++;
    }
  };
  const load = Promise.all(Array.from({ length: 8 }, (_, number) => one(number)));
  for (let count = 0; count < kills; count++) {
    const before = answered;
    const [pid] = processesWith(`serving/host.ts\0${process.pid}\0`);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    // The next kill waits until all clients get answers again.
    while (answered < before + 24) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stop = true;
  await load;
  expect(failures.length).toBeLessThanOrEqual(kills);
  for (const status of failures) expect(status).toBe(503);
  expect(answered).toBeGreaterThan(kills * 24);
}, 120_000);

test(`F19: ${swaps} versions go into production under load: no error, no answer of another version`, async () => {
  let stop = false;
  let answered = 0;
  const seen = new Set<number>();
  const one = async (number: number): Promise<void> => {
    for (let x = number; !stop; x += 8) {
      const answer = await predict('adder', { inputs: { x: [x] } });
      expect(answer.status).toBe(200);
      const { version, outputs } = answer.json<PredictResponse>();
      // Version n adds n.
      expect(outputs).toEqual({ y: [x + version] });
      seen.add(version);
      answered++;
    }
  };
  const load = Promise.all(Array.from({ length: 8 }, (_, number) => one(number)));
  for (let version = 2; version < 2 + swaps; version++) {
    expect((await api.add('adder', adder(version))).version).toBe(version);
    // From here on every new request gets at least this version.
    expect((await predict('adder', { inputs: { x: [0] } })).json<PredictResponse>().version).toBe(version);
  }
  stop = true;
  await load;
  expect([...seen].toSorted((a, b) => a - b)).toEqual(Array.from({ length: swaps + 1 }, (_, index) => index + 1));
  expect(answered).toBeGreaterThan(100);
}, 120_000);

test('a model that never ends harms nobody else', async () => {
  await api.add('loop', loopModel());
  await api.add('softmax', softmaxModel());
  const runaway = predict('loop', { inputs: { n: String(10n ** 15n) } });
  for (let count = 0; count < 20; count++)
    expect((await predict('softmax', { inputs: { x: [1, 2] } })).json<PredictResponse>().label).toBe('dog');
  expect((await runaway).status).toBe(504);
  expect((await predict('loop', { inputs: { n: 4 } })).json<PredictResponse>().outputs).toEqual({ count: 4 });
}, 60_000);
