import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { objectKeys } from '@artenic/core';
import { ActivityWorld, sha256Of } from '../world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());

async function trained(
  files: Readonly<Record<string, string>>,
  spec: Parameters<ActivityWorld['addJob']>[0] = {},
): Promise<string> {
  const { id } = await world.addJob(spec);
  const attemptId = await world.addAttempt(id);
  await world.addMarker(attemptId, { files });
  await world.endAttempt(attemptId, 'succeeded');
  return id;
}
async function report(jobId: string, metrics: Readonly<Record<string, readonly number[]>>): Promise<void> {
  const points = Object.entries(metrics).flatMap(([name, values]) =>
    values.map((value, step) => ({ jobId, attempt: 1, name, step, epoch: null, time: new Date(), value })),
  );
  await world.store.metrics.insert(points);
}
const register = (jobId: string) => world.control().registerModel({ jobId, attempt: 1 });

describe('registerModel', () => {
  test('stops when its try is over, and leaves no copy', async () => {
    const id = await trained({ 'model.onnx': 'model that comes slowly' }, { service: 'slow' });
    const copies = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('artenic-inspect-'));
    const before = await copies();
    const begun = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    async function* slowly(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('model');
        begun.resolve();
        for (;;) yield await new Promise<Uint8Array>((resolve) => setTimeout(() => resolve(Buffer.from('.')), 20));
      } finally {
        left.resolve();
      }
    }
    const storage = { ...world.storage, get: async () => slowly() };
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    const running = environment.run(world.control({ storage }).registerModel, { jobId: id, attempt: 1 });
    const outcome = expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    await begun.promise;
    environment.cancel();
    await outcome;
    await left.promise;
    expect((await copies()).filter((name) => !before.includes(name))).toEqual([]);
  });

  test('registers what the job made, with signature, metrics and where it comes from', async () => {
    const id = await trained({ 'model.onnx': 'model one' }, { service: 'first' });
    await report(id, { loss: [3, 2, 1], accuracy: [0.5, 0.9, Number.NaN] });
    await world.store.jobs.transition(id, 'preparing');
    await world.store.jobs.transition(id, 'provisioning');
    expect(await register(id)).toEqual({ name: 'first', version: 1 });
    expect(await world.store.models.getVersion('default', 'first', 1)).toMatchObject({
      stage: 'draft',
      format: 'onnx',
      sha256: sha256Of('model one'),
      bytes: 9,
      jobId: id,
      createdBy: (await world.store.jobs.get(id)).createdBy,
      metrics: { loss: 1, accuracy: 0.9 },
      signature: { inputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }] },
    });
    const stored = await world.storage.read(objectKeys.model(sha256Of('model one')), 100);
    expect(Buffer.from(stored).toString()).toBe('model one');
    expect((await world.store.jobs.get(id)).state).toBe('collecting');
  });

  test('registers once, however often and by how many it is asked', async () => {
    const id = await trained({ 'model.onnx': 'model once' }, { service: 'once' });
    const answers = await Promise.all([register(id), register(id), register(id)]);
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ name: 'once', version: 1 })));
    expect(await register(id)).toEqual({ name: 'once', version: 1 });
    expect((await world.store.models.versions({ projectId: 'default', name: 'once', limit: 10 })).items).toHaveLength(
      1,
    );
  });

  test('counts versions of a model on, also of one with the same content', async () => {
    const spec = { service: 'any', model: 'counted' };
    for (const version of [1, 2]) {
      expect(await register(await trained({ 'model.onnx': 'model same' }, spec))).toEqual({ name: 'counted', version });
    }
  });

  test('takes the declared path, and only the metrics that are named', async () => {
    const outputs = { model: { path: 'out/best.onnx' }, metrics: ['accuracy', 'absent'] };
    const id = await trained(
      { 'out/best.onnx': 'model best', 'model.onnx': 'model other' },
      { service: 'chosen', outputs },
    );
    await report(id, { loss: [1], accuracy: [0.8] });
    expect(await register(id)).toEqual({ name: 'chosen', version: 1 });
    expect(await world.store.models.getVersion('default', 'chosen', 1)).toMatchObject({
      sha256: sha256Of('model best'),
      metrics: { accuracy: 0.8 },
    });
  });

  test('makes nothing of a job that made no model and declared none', async () => {
    expect(await register(await trained({ 'report.txt': 'text' }))).toBeNull();
  });

  test('refuses a file that is no model', async () => {
    const id = await trained({ 'model.onnx': 'corrupt' }, { service: 'corrupt' });
    await expect(register(id)).rejects.toMatchObject({ type: 'model-rejected', nonRetryable: true });
    await expect(world.store.models.get('default', 'corrupt')).rejects.toMatchObject({ type: 'not-found' });
  });

  test('refuses a file that is not the one that the runner uploaded', async () => {
    const id = await trained({ 'model.onnx': 'model whole' }, { service: 'damaged' });
    await world.storage.put(objectKeys.output(id, 1, 'model.onnx'), Buffer.from('model broken'));
    await expect(register(id)).rejects.toMatchObject({ type: 'validation-failed', nonRetryable: true });
    expect(await world.storage.head(objectKeys.model(sha256Of('model whole')))).toBeNull();
  });

  test("a marker that names another job's model registers nothing, and takes no length from the marker", async () => {
    const victim = await trained({ 'model.onnx': 'model victim' }, { service: 'victim' });
    await register(victim);
    const { id } = await world.addJob({ service: 'thief' });
    const attemptId = await world.addAttempt(id);
    const key = objectKeys.output(id, 1, 'model.onnx');
    const claim = async (stored: string, bytes: number): Promise<void> => {
      await world.storage.put(key, Buffer.from(stored));
      const output = { path: 'model.onnx', key, bytes, sha256: sha256Of('model victim') };
      await world.addMarker(attemptId, { outputs: [output] });
    };
    await claim('model other', 12);
    await world.endAttempt(attemptId, 'succeeded');
    await expect(register(id)).rejects.toMatchObject({ type: 'validation-failed', nonRetryable: true });
    await claim('model victim', 3);
    expect(await register(id)).toEqual({ name: 'thief', version: 1 });
    expect(await world.store.models.getVersion('default', 'thief', 1)).toMatchObject({ bytes: 12 });
  });

  test('says so when the marker or the declared model is gone', async () => {
    const { id } = await world.addJob();
    await expect(register(id)).rejects.toMatchObject({ type: 'not-found' });
    const declared = await trained({}, { outputs: { model: {} } });
    await expect(register(declared)).rejects.toMatchObject({ message: expect.stringMatching(/`model\.onnx`/) });
  });
});
