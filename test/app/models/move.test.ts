import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys, type ModelStage } from '@artenic/core';
import { moveVersion } from '../../../app/models/move.ts';
import { registerModel, type RegisterModelInput } from '../../../app/models/register.ts';
import { nothingMore } from '../../../app/within.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { AppWorld, principal } from '../world.ts';

const sha256 = 'a'.repeat(64);
let world: AppWorld;
beforeAll(async () => {
  world = await AppWorld.make();
  await world.storage.put(objectKeys.model(sha256), Buffer.from('a model'));
});
afterAll(() => world.close());

const registration = (model: string, changes: Partial<RegisterModelInput> = {}): RegisterModelInput => ({
  ...{ principal, createdBy: 'admin', model, format: 'onnx', sha256, metrics: {}, jobId: null },
  examine: async () => ({ signature: { inputs: [], outputs: [], labels: null }, external: null }),
  ...changes,
});
const change = (model: string, version: number, to: ModelStage) => ({ principal, model, version, to, reason: 'rule' });

test('a stored model becomes a version, which is promoted and retired without a request', async () => {
  const made = await registerModel(world, registration('penguins'), nothingMore);
  expect(made).toMatchObject({ version: 1, bytes: 7, stage: 'draft' });
  expect((await moveVersion(world, change('penguins', 1, 'production'), nothingMore)).stage).toBe('production');
  await registerModel(world, registration('penguins'), nothingMore);
  await moveVersion(world, change('penguins', 2, 'production'), nothingMore);
  expect((await world.store.models.getVersion('default', 'penguins', 1)).stage).toBe('staging');
  expect((await moveVersion(world, change('penguins', 1, 'retired'), nothingMore)).stage).toBe('retired');
  await expect(moveVersion(world, change('penguins', 1, 'production'), nothingMore)).rejects.toMatchObject({
    type: 'conflict',
  });
});

test('nothing is registered of a model that is not stored or that is refused', async () => {
  const absent = registerModel(world, registration('absent', { sha256: 'b'.repeat(64) }), nothingMore);
  await expect(absent).rejects.toMatchObject({ type: 'validation-failed' });
  const examine = async (): Promise<never> => {
    throw new ArtenicError('model-rejected', 'it cannot be loaded');
  };
  const refused = registerModel(world, registration('refused', { examine }), nothingMore);
  await expect(refused).rejects.toMatchObject({ type: 'model-rejected' });
  for (const name of ['absent', 'refused'])
    await expect(world.store.models.get('default', name)).rejects.toMatchObject({ type: 'not-found' });
});
