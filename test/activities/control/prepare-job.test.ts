import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import { ActivityWorld, localOffer, sha256Of } from '../world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());

const prepare = (jobId: string) => world.control().prepareJob({ jobId });
const refusal = (type: string, message: RegExp) => ({
  type,
  nonRetryable: true,
  message: expect.stringMatching(message),
});

describe('prepareJob', () => {
  test('finds everything there, says so to the job, and may be asked again', async () => {
    await world.storage.put(objectKeys.package(sha256Of('package')), Buffer.from('package'));
    await world.storage.put(objectKeys.data(sha256Of('data')), Buffer.from('data'));
    const { id } = await world.addJob({
      package: { sha256: sha256Of('package') },
      data: [{ name: 'penguins.csv', sha256: sha256Of('data') }],
      model: 'species',
    });
    const ready = { kind: 'ready', title: 'penguins/species #1', provider: 'local', nextDecision: 1 };
    expect(await prepare(id)).toEqual(ready);
    expect(await world.store.jobs.get(id)).toMatchObject({ state: 'preparing', message: '' });
    expect(await prepare(id)).toEqual(ready);
  });

  test('counts the decisions on, and names the service alone when the model has its name', async () => {
    const { id } = await world.addJob();
    await world.control().decideNext({ jobId: id, decision: 1, watched: [] });
    await world.control().decideNext({ jobId: id, decision: 2, watched: [] });
    expect(await prepare(id)).toMatchObject({ title: 'penguins #1', nextDecision: 3 });
  });

  test('gives the stored result of a job that has ended', async () => {
    const { id } = await world.addJob();
    await prepare(id);
    const model = { name: 'penguins', version: 3 };
    await world.control().settleJob({ jobId: id, state: 'succeeded', message: 'done', model });
    expect(await prepare(id)).toEqual({ kind: 'settled', state: 'succeeded', message: 'done', model });
    const { id: failed } = await world.addJob();
    await world.control().settleJob({ jobId: failed, state: 'failed', message: 'no', model: null });
    expect(await prepare(failed)).toEqual({ kind: 'settled', state: 'failed', message: 'no', model: null });
  });

  test('refuses a job whose package or data were never uploaded', async () => {
    const sha256 = sha256Of('never uploaded');
    const withPackage = await world.addJob({ package: { sha256 } });
    await expect(prepare(withPackage.id)).rejects.toMatchObject(refusal('validation-failed', /The package .*uploaded/));
    const withData = await world.addJob({ data: [{ name: 'a.csv', sha256 }] });
    await expect(prepare(withData.id)).rejects.toMatchObject(refusal('validation-failed', /The data `a.csv`/));
    expect((await world.store.jobs.get(withData.id)).state).toBe('queued');
  });

  test('refuses what is not built yet', async () => {
    const nodes = await world.addJob({ resources: { nodes: 2 } });
    await expect(prepare(nodes.id)).rejects.toMatchObject(refusal('not-yet-supported', /nodes/));
    const image = await world.addJob({ environment: { image: `python@sha256:${'a'.repeat(64)}` } });
    await expect(prepare(image.id)).rejects.toMatchObject(refusal('not-yet-supported', /image.*setup/));
  });

  test.each([
    ['cores', { vcpu: 3 }],
    ['memory', { memoryGib: 60_000 }],
    ['GPUs', { accelerators: { count: 1 } }],
  ])('refuses a job with more %s than the machine has', async (_, resources) => {
    const { id } = await world.addJob({ resources });
    await expect(prepare(id)).rejects.toMatchObject(refusal('larger-than-machine', /needs .* but local has 2 cores/));
  });

  test('refuses what no machine that is offered is large enough for, by the rows', async () => {
    await world.addProvider('cloud', [{ ...localOffer, provider: 'cloud' }]);
    const placement = { providers: ['cloud'] };
    expect(await prepare((await world.addJob({ placement, resources: { vcpu: 8 } })).id)).toMatchObject({
      kind: 'ready',
    });
    for (const resources of [{ vcpu: 9 }, { accelerators: { type: 'A100', count: 1 } }]) {
      const { id } = await world.addJob({ placement, resources });
      await expect(prepare(id)).rejects.toMatchObject(
        refusal('larger-than-machine', /cloud offers no machine for that/),
      );
    }
    const either = await world.addJob({ placement: { providers: ['local', 'cloud'] }, resources: { vcpu: 3 } });
    expect(await prepare(either.id)).toMatchObject({ kind: 'ready' });
    await world.addProvider('bare', []);
    const bare = await world.addJob({ placement: { providers: ['bare'] }, resources: { vcpu: 9 } });
    expect(await prepare(bare.id)).toMatchObject({ kind: 'ready' });
  });

  test('refuses a provider that nobody knows', async () => {
    const { id } = await world.addJob({ placement: { providers: ['nimbus'] } });
    await expect(prepare(id)).rejects.toMatchObject(
      refusal('validation-failed', /no provider `nimbus`. Known: .*local/),
    );
  });

  test('puts nothing in question that runs already, or is to end anyway', async () => {
    const sha256 = sha256Of('collected as garbage meanwhile');
    const running = await world.addJob({ package: { sha256 } });
    await world.store.jobs.transition(running.id, 'preparing');
    await world.control().openAttempt({ jobId: running.id, attempt: 1, offer: localOffer, reason: '' });
    expect(await prepare(running.id)).toMatchObject({ kind: 'ready' });
    const cancelled = await world.addJob({ package: { sha256 } });
    await world.control().recordCancelIntent({ jobId: cancelled.id, by: 'somebody' });
    expect(await prepare(cancelled.id)).toMatchObject({ kind: 'ready' });
    expect((await world.store.jobs.get(cancelled.id)).state).toBe('cancelling');
  });

  test('says `not-found` of a job that is not there', async () => {
    await expect(prepare('absent')).rejects.toMatchObject(refusal('not-found', /absent/));
  });
});
