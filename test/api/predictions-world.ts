import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectKeys, type ModelVersionView } from '@artenic/core';
import type { ApiDeps } from '../../api/deps.ts';
import { createPredictor, type PredictorOptions } from '../../serving/predictor.ts';
import { ApiWorld } from './harness.ts';

export type PredictionsWorld = {
  readonly world: ApiWorld;
  /** Uploads, registers and, unless told otherwise, promotes. */
  readonly add: (model: string, bytes: Uint8Array, promote?: boolean) => Promise<ModelVersionView>;
  readonly close: () => Promise<void>;
};

/** The API with real model hosts, on models that come from its own object storage. */
export async function startPredictions(
  options: Partial<PredictorOptions> = {},
  changes: Partial<ApiDeps> = {},
): Promise<PredictionsWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'artenic-predictions-'));
  const predictor = createPredictor({
    fetchModel: async (sha256) => {
      const path = join(folder, sha256);
      if (existsSync(path)) return path;
      const temporary = `${path}.${randomBytes(4).toString('hex')}`;
      await pipeline(await world.deps.storage.get(objectKeys.model(sha256)), createWriteStream(temporary));
      renameSync(temporary, path);
      return path;
    },
    maxHosts: 4,
    maxHostsPerModel: 2,
    deadlineMs: 10_000,
    memoryBytes: 2 ** 30,
    ...options,
  });
  const world = await ApiWorld.start({ predictor, ...changes });
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
    close: async () => {
      await world.close();
      await predictor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
