import { expect, test } from '@jest/globals';
import { createTrainer, train, type Dataset, type TrainerSpec } from '@artenic/training';
import { checkEarlyStopping, notStarted, type EarlyStopping } from '../../../sdk/training/monitor.ts';

function checks(plan: Omit<EarlyStopping, 'metric'>, values: readonly number[]) {
  let state = notStarted;
  let done = 0;
  for (const value of values) {
    if (state.stopped !== null) break;
    state = checkEarlyStopping({ metric: 'loss', ...plan }, state, value);
    done++;
  }
  return { ...state, done };
}

test.each<[Omit<EarlyStopping, 'metric'>, readonly number[], ReturnType<typeof checks>]>([
  [{}, [3, 2, 2, 2, 2, 1], { best: 2, waited: 3, stopped: 'patience', done: 5 }],
  [{ patience: 2 }, [3, 2, 4, 1, 5, 1], { best: 1, waited: 2, stopped: 'patience', done: 6 }],
  [{ patience: 2, minDelta: 0.5 }, [3, 2.6, 2.4, 2.2, 2.1], { best: 2.4, waited: 2, stopped: 'patience', done: 5 }],
  [{ mode: 'max', patience: 1 }, [0.1, 0.5, 0.5], { best: 0.5, waited: 1, stopped: 'patience', done: 3 }],
  [{ divergenceThreshold: 10 }, [3, 11], { best: 3, waited: 0, stopped: 'diverged', done: 2 }],
  [{}, [3, Number.NaN], { best: 3, waited: 0, stopped: 'not-finite', done: 2 }],
])('%j over %j', (plan, values, expected) => {
  expect(checks(plan, values)).toEqual(expected);
});

const spec: TrainerSpec = {
  network: { inputs: 1, layers: [{ kind: 'dense', units: 1 }] },
  loss: 'mean-squared-error',
  optimizer: { kind: 'sgd', learningRate: 0.1 },
  seed: 1,
};
const data: Dataset = { rows: 2, features: Float32Array.of(1, 2), targets: Float32Array.of(2, 4) };
const run = { data, validation: data, epochs: 50, batchSize: 2 };

test('the best weights come back when the loss only gets worse afterwards', async () => {
  const trainer = await createTrainer(spec);
  // The loss falls for three steps, then rises.
  const learningRate = (step: number) => (step < 3 ? 0.1 : 1);
  const result = await train({
    ...run,
    trainer,
    learningRate,
    earlyStopping: { metric: 'val_loss', patience: 4 },
    best: { metric: 'val_loss', restore: true },
  });
  expect(result).toMatchObject({ outcome: 'early', earlyStop: 'patience', step: 7, best: { step: 3, epoch: 3 } });
  expect((await trainer.evaluate(data)).loss).toBe(result.best?.value);
  await trainer.dispose();
});

test('a loss that is no number ends the run, with the best weights', async () => {
  const trainer = await createTrainer(spec);
  const result = await train({
    ...run,
    trainer,
    learningRate: (step) => (step < 3 ? 0.1 : 1e30),
    earlyStopping: { metric: 'loss', patience: 40 },
    best: { metric: 'val_loss', restore: true },
  });
  expect(result).toMatchObject({ outcome: 'early', earlyStop: 'not-finite', best: { step: 3 } });
  expect((await trainer.evaluate(data)).loss).toBe(result.best?.value);
  await trainer.dispose();
});

test('a metric that is not there is named', async () => {
  const trainer = await createTrainer(spec);
  const running = train({ ...run, trainer, best: { metric: 'auc' } });
  await expect(running).rejects.toMatchObject({
    code: 'invalid-configuration',
    message: expect.stringContaining('auc'),
  });
  await trainer.dispose();
});
