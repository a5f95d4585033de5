import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApplicationFailureCategory } from '@temporalio/common';
import { bootstrapSchema } from '@artenic/core';
import type { InstanceHandle, Provider } from '../../activities/providers/provider.ts';
import { ArtenicError } from '../../core/errors.ts';
import { bootstrapTokenOf } from '../../store/tokens.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { ActivityWorld, keyPepper, localOffer } from './world.ts';

let world: ActivityWorld;
let jobId: string;
let attemptId: string;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());
beforeEach(async () => {
  ({ id: jobId } = await world.addJob());
  await world.control().prepareJob({ jobId });
  attemptId = await world.addAttempt(jobId);
  await world.store.capacity.release(attemptId);
});

const launch = (activities = world.provider()) => activities.launchInstance({ attemptId, offer: localOffer });
const terminate = (handle: InstanceHandle | null, activities = world.provider()) =>
  activities.terminateInstance({ attemptId, provider: 'local', handle });
const watch = (handle: InstanceHandle) => world.provider().watchInstance({ handle });
const watched = (handle: InstanceHandle) =>
  poll('the instance to be gone', 10_000, async () => {
    try {
      return await watch(handle);
    } catch (error) {
      expect(error).toMatchObject({ type: 'not-ready', category: ApplicationFailureCategory.BENIGN });
      return null;
    }
  });
const runnerOf = async (handle: InstanceHandle): Promise<number> => {
  const path = join(world.home, 'instances', handle.instanceId, 'record.json');
  return (JSON.parse(await readFile(path, 'utf8')) as { pid: number }).pid;
};
const withLocal = (local: Provider) => world.provider({ providers: new Map([['local', local]]) });

describe('launchInstance', () => {
  test('makes the instance, keeps its handle and says how far it is', async () => {
    const handle = await launch();
    expect(handle).toMatchObject({ provider: 'local', attemptId });
    expect(await world.store.attempts.get(attemptId)).toMatchObject({ state: 'starting', handle });
    expect((await world.store.attempts.get(attemptId)).launchedAt).not.toBeNull();
    expect((await world.store.jobs.get(jobId)).state).toBe('provisioning');
    await terminate(handle);
  });

  test('gives the runner what it needs, with the one token that the API expects', async () => {
    const handle = await launch();
    const path = join(world.home, 'instances', handle.instanceId, 'bootstrap.json');
    expect(bootstrapSchema.parse(JSON.parse(await readFile(path, 'utf8')))).toMatchObject({
      ...{ attemptId, jobId, attempt: 1, apiUrl: 'http://127.0.0.1:1', heartbeatIntervalMs: 500, shipIntervalMs: 100 },
      endpointsFile: join(world.home, 'endpoints.json'),
      bootstrapToken: bootstrapTokenOf(keyPepper, attemptId),
    });
    await terminate(handle);
  });

  test('gives the same instance when it is asked again', async () => {
    const handle = await launch();
    expect(await launch()).toEqual(handle);
    expect(processesWith(handle.instanceId)).toHaveLength(1);
    await terminate(handle);
  });

  test('finds the instance whose handle was never stored', async () => {
    const made = await world.local.launch(world.launchRequest(attemptId));
    expect(await launch()).toEqual(made);
    expect((await world.store.attempts.get(attemptId)).handle).toEqual(made);
    await terminate(made);
  });

  test('looks up a launch with an unknown outcome, and takes what it finds', async () => {
    const handle = await launch(withLocal(ActivityWorld.openLocal(world.home, { launchTimeoutMs: 0 })));
    expect((await world.store.attempts.get(attemptId)).handle).toEqual(handle);
    await poll('the runner', 10_000, () => (processesWith(handle.instanceId).length === 1 ? true : null));
    await terminate(handle);
  });

  test('asks again when an unknown outcome cannot be found yet', async () => {
    const silent: Provider = {
      ...world.local,
      launch: () => Promise.reject(new ArtenicError('unknown-outcome', 'no answer')),
    };
    await expect(launch(withLocal(silent))).rejects.toMatchObject({ type: 'unknown-outcome', nonRetryable: false });
    expect((await world.store.attempts.get(attemptId)).handle).toBeNull();
  });

  test('launches nothing for an attempt that has ended', async () => {
    await world.endAttempt(attemptId, 'cancelled');
    await expect(launch()).rejects.toMatchObject({ type: 'conflict', nonRetryable: true });
    expect(await world.local.list()).toEqual([]);
  });

  test("passes on the provider's refusals under their own names", async () => {
    const refusing = (type: 'stockout' | 'quota' | 'auth'): Provider => ({
      ...world.local,
      launch: () => Promise.reject(new ArtenicError(type, `says ${type}`)),
    });
    for (const type of ['stockout', 'quota', 'auth'] as const) {
      await expect(launch(withLocal(refusing(type)))).rejects.toMatchObject({ type, nonRetryable: true });
    }
  });
});

describe('watchInstance', () => {
  test('is not ready while the instance lives, then says how it ended and what it said last', async () => {
    const handle = await launch();
    await poll('the runner to speak', 10_000, async () => ((await world.local.console(handle)) === '' ? null : true));
    await expect(watch(handle)).rejects.toMatchObject({ type: 'not-ready', nonRetryable: false });
    process.kill(await runnerOf(handle), 'SIGKILL');
    const evidence = await watched(handle);
    expect(evidence).toMatchObject({ endedBy: 'itself', lastLine: `runner of "${attemptId}"` });
    expect(Date.parse(evidence.endedAt ?? '')).not.toBeNaN();
  });

  test('does not claim to know how an instance ended that has left no trace', async () => {
    const handle = await launch();
    await terminate(handle);
    await rm(join(world.home, 'instances', handle.instanceId), { recursive: true });
    expect(await watch(handle)).toEqual({ endedBy: 'unknown', endedAt: null });
  });
});

describe('terminateInstance', () => {
  test('returns only when nothing is left, and may be asked again', async () => {
    const handle = await launch();
    await terminate(handle);
    expect(processesWith(handle.instanceId)).toEqual([]);
    await terminate(handle);
    expect(await watch(handle)).toMatchObject({ endedBy: 'request' });
  });

  test('finds the instance by the stored handle, or by its attempt', async () => {
    const handle = await launch();
    await terminate(null);
    expect(processesWith(handle.instanceId)).toEqual([]);
    const { id } = await world.addJob();
    const other = await world.addAttempt(id);
    const unknown = await world.local.launch(world.launchRequest(other));
    await world.provider().terminateInstance({ attemptId: other, provider: 'local', handle: null });
    expect((await world.local.describe(unknown)).state).toBe('gone');
  });

  test('has nothing to do for an attempt that was never launched', async () => {
    await expect(terminate(null)).resolves.toBeUndefined();
  });

  test('is not ready while the provider does not confirm', async () => {
    const handle = await launch();
    const slow: Provider = { ...world.local, terminate: async () => undefined };
    await expect(terminate(handle, withLocal(slow))).rejects.toMatchObject({ type: 'not-ready' });
    await terminate(handle);
  });

  test('is tried again by another worker when this one does not serve the provider', async () => {
    const activities = world.provider({ providers: new Map() });
    await expect(terminate(null, activities)).rejects.toMatchObject({ type: 'unavailable', nonRetryable: false });
  });
});
