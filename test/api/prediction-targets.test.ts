import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApiDeps } from '../../api/deps.ts';
import { findTarget } from '../../api/predictions/targets.ts';
import { softmaxModel } from '../serving/models.ts';
import { startPredictions, type PredictionsWorld } from './predictions-world.ts';

let api: PredictionsWorld;
beforeAll(async () => {
  api = await startPredictions();
  await api.add('softmax', softmaxModel());
});
afterAll(() => api.close());

test('which version answers is asked again after a change of models, or a lost connection, and not for what jobs do', async () => {
  const { store } = api.world.deps;
  const wakes = new Set<(topic: string | null) => void>();
  let asked = 0;
  const deps: ApiDeps = {
    ...api.world.deps,
    store: {
      ...store,
      models: {
        ...store.models,
        production: (...args) => {
          asked++;
          return store.models.production(...args);
        },
      },
    },
    onEvents: (wake) => {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  };
  const first = findTarget(deps, 'default', 'softmax', null);
  const after = (topic: string | null): Promise<unknown> => {
    for (const wake of wakes) wake(topic);
    return findTarget(deps, 'default', 'softmax', null);
  };
  // All calls in the same turn, so that no time passes.
  const answers = [first, after('job'), after('jobs'), after('models'), after('providers'), after(null)];
  expect(asked).toBe(3);
  for (const answer of answers) expect(await answer).toMatchObject({ version: 1, stage: 'production' });
});
