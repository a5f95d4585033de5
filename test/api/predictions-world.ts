import { createHash } from 'node:crypto';
import type { ModelVersionView } from '@artenic/core';
import type { ApiDeps } from '../../api/deps.ts';
import type { PredictorOptions } from '../../serving/predictor.ts';
import { ApiWorld } from './harness.ts';

export type PredictionsWorld = {
  readonly world: ApiWorld;
  /** Uploads, registers and, unless `promote` is false, promotes. */
  readonly add: (model: string, bytes: Uint8Array, promote?: boolean) => Promise<ModelVersionView>;
  readonly close: () => Promise<void>;
};

export async function startPredictions(
  hosts: Partial<PredictorOptions> = {},
  changes: Partial<ApiDeps> = {},
): Promise<PredictionsWorld> {
  const world = await ApiWorld.start(changes, hosts);
  return {
    world,
    add: async (model, bytes, promote = true) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      await world.call('PUT', `/api/v1/objects/models/${sha256}`, { body: bytes });
      const answer = await world.call('POST', '/api/v1/models', { body: { model, sha256 } });
      if (answer.status !== 201) throw new Error(answer.text);
      const version = answer.json<ModelVersionView>();
      if (promote) await world.call('POST', `/api/v1/models/${model}/versions/${version.version}/promote`);
      return version;
    },
    close: () => world.close(),
  };
}
