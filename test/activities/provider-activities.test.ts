import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApplicationFailureCategory } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { bootstrapSchema } from '@artenic/core';
import type { InstanceHandle, Provider } from '../../activities/providers/provider.ts';
import { ArtenicError } from '../../core/errors.ts';
import { bootstrapTokenOf } from '../../store/access/tokens.ts';
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
    // The record may exist before the process has become the runner, which starts short programs itself.
    const runner = await runnerOf(handle);
    await poll('the runner alone', 10_000, () => {
      const found = processesWith(handle.instanceId);
      return found.length === 1 && found[0] === runner ? true : null;
    });
    await terminate(handle);
  });

  test('is done by one call at a time, as after a reset of the workflow; a dead one keeps the place for seconds only', async () => {
    let made = 0;
    const go = Promise.withResolvers<null>();
    const slow: Provider = {
      ...world.local,
      launch: async (request) => {
        made++;
        await go.promise;
        return world.local.launch(request);
      },
    };
    const run = (runId: string) =>
      new MockActivityEnvironment(
        { workflowExecution: { workflowId: attemptId, runId } },
        { logger: new DefaultLogger('ERROR') },
      ).run(() => launch(withLocal(slow)));
    // The state that a killed worker leaves.
    const { leaseLaunch, renewLaunchLease } = world.store.attempts;
    expect(await leaseLaunch(attemptId, 'dead', 10_000)).toBeNull();
    await expect(run('early')).rejects.toMatchObject({ type: 'not-ready', nextRetryDelay: expect.anything() });
    await renewLaunchLease(attemptId, 'dead', 0);
    const first = run('first');
    await poll('the call', 5000, async () => (made === 1 ? true : null));
    // The call may last longer than a lease.
    const leaseUntil = async () => (await world.store.attempts.get(attemptId)).launchLeaseUntil?.getTime() ?? 0;
    const untilMs = await leaseUntil();
    await poll('a renewal', 20_000, async () => ((await leaseUntil()) > untilMs ? true : null));
    await expect(run('second')).rejects.toMatchObject({ type: 'not-ready' });
    expect(made).toBe(1);
    go.resolve(null);
    const handle = (await first) as InstanceHandle;
    expect(await run('late')).toEqual(handle);
    expect(await world.store.attempts.get(attemptId)).toMatchObject({ launchedBy: null, launchLeaseUntil: null });
    await terminate(handle);
  }, 30_000);

  test.each([
    ['exited', false],
    ['stop-requested', true],
  ] as const)('of a replacement when the warned attempt has %s meanwhile: %s', async (reason, isLaunched) => {
    await world.store.attempts.notice(attemptId, new Date(), new Date());
    await world.addMarker(attemptId, { reason });
    attemptId = await world.addAttempt(jobId, 2);
    if (isLaunched) await terminate(await launch());
    else {
      await expect(launch()).rejects.toMatchObject({ type: 'conflict', nonRetryable: true });
      expect((await world.store.attempts.get(attemptId)).launchTriedAt).toBeNull();
    }
  });

  test('a call that failed leaves the place to the next one', async () => {
    const failing = withLocal({
      ...world.local,
      launch: () => Promise.reject(new ArtenicError('unavailable', 'for now')),
    });
    await expect(launch(failing)).rejects.toMatchObject({ type: 'unavailable' });
    await terminate(await launch());
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
    // The next look follows the provider's polling interval.
    const alive = { type: 'not-ready', nonRetryable: false, nextRetryDelay: 2000 };
    await expect(watch(handle)).rejects.toMatchObject(alive);
    const away = withLocal({ ...world.local, describe: () => Promise.reject(new ArtenicError('transient', 'away')) });
    await expect(away.watchInstance({ handle })).rejects.toMatchObject({ ...alive, type: 'transient' });
    process.kill(await runnerOf(handle), 'SIGKILL');
    const evidence = await watched(handle);
    expect(evidence).toMatchObject({ endedBy: 'itself', lastLine: `runner of "${attemptId}"` });
    expect(Date.parse(evidence.endedAt ?? '')).not.toBeNaN();
  });

  test('finds a last word that no workflow has heard, and leaves the signal its time', async () => {
    const handle = await launch();
    await world.store.attempts.runnerOver(attemptId, new Date());
    await expect(watch(handle)).rejects.toMatchObject({ type: 'not-ready' });
    await world.store.attempts.runnerOver(attemptId, new Date(0));
    await expect(watch(handle)).rejects.toMatchObject({ type: 'not-ready' });
    const later = world.provider({ now: () => new Date(Date.now() + 6000) });
    expect(await later.watchInstance({ handle })).toEqual({ endedBy: 'unknown', endedAt: null, isOver: true });
    await terminate(handle);
  });

  describe('of a machine that gives no sign of life', () => {
    const limits = { silentAfterMs: 60_000, helloWithinMs: 120_000, helloWithinMsByProvider: new Map() };
    const inAMinute = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    const heard = (from: Date, until: Date) =>
      // A single span, because the gap limit is longer than the span.
      world.store.uptime
        .note({ at: from, gapMs: 1, hadFault: true })
        .then(() => world.store.uptime.note({ at: until, gapMs: 86_400_000, hadFault: false }));
    const look = (handle: InstanceHandle) => world.provider({ silence: limits }).watchInstance({ handle });

    test('it is silent only when the API was there to hear it, and before its hello it has longer', async () => {
      const handle = await launch();
      await heard(inAMinute(-60), inAMinute(1.5));
      await expect(look(handle)).rejects.toMatchObject({ type: 'not-ready' });
      await heard(inAMinute(-60), inAMinute(2.5));
      expect(await look(handle)).toMatchObject({ silent: { kind: 'never-spoke', limitMs: 120_000 } });
      await world.store.attempts.hello(attemptId, `hash of ${attemptId}`, new Date());
      expect(await look(handle)).toMatchObject({ silent: { kind: 'fell-silent', limitMs: 60_000 } });
      await world.store.attempts.heartbeat(attemptId, inAMinute(2));
      await expect(look(handle)).rejects.toMatchObject({ type: 'not-ready' });
      // An outage of an hour, from which the API has just come back.
      await heard(inAMinute(60), inAMinute(60.5));
      await expect(look(handle)).rejects.toMatchObject({ type: 'not-ready' });
      await heard(inAMinute(60), inAMinute(61.5));
      expect(await look(handle)).toMatchObject({ silent: { kind: 'fell-silent' } });
      await world.store.attempts.runnerOver(attemptId, inAMinute(100));
      await expect(look(handle)).rejects.toMatchObject({ type: 'not-ready' });
      await terminate(handle);
    });

    test('a stopped runner is ended all the same, with the proof', async () => {
      const handle = await launch();
      const pid = await poll('its runner', 10_000, async () =>
        (await world.local.console(handle)) === '' ? null : runnerOf(handle),
      );
      process.kill(pid, 'SIGSTOP');
      await heard(inAMinute(-60), inAMinute(2.5));
      expect(await look(handle)).toMatchObject({ endedBy: 'unknown', silent: { kind: 'never-spoke' } });
      await terminate(handle);
      expect(processesWith(handle.instanceId)).toEqual([]);
      expect((await world.store.attempts.get(attemptId)).terminationConfirmedAt).not.toBeNull();
    });
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

  test('learns what an instance has cost that ended before anybody had its handle', async () => {
    const { id } = await world.addJob();
    const other = await world.addAttempt(id);
    const unknown = await world.local.launch(world.launchRequest(other));
    await world.local.terminate(unknown);
    await poll('its end', 10_000, async () => ((await world.local.describe(unknown)).state === 'gone' ? true : null));
    await world.provider().terminateInstance({ attemptId: other, provider: 'local', handle: null });
    const { launchedAt, endedAt } = await world.local.describe(unknown);
    expect(await world.store.attempts.get(other)).toMatchObject({
      ...{ billedFrom: new Date(launchedAt ?? ''), billedUntil: new Date(endedAt ?? '') },
    });
  });

  test('has nothing to do for an attempt that was never launched', async () => {
    await expect(terminate(null)).resolves.toBeUndefined();
  });

  test('a provider that refuses: written down with each try, until the instance is gone by its record', async () => {
    const handle = await launch();
    const refusing: Provider = {
      ...world.local,
      terminate: () => Promise.reject(new ArtenicError('transient', 'It answered 503.')),
    };
    for (let tries = 1; tries <= 2; tries++) {
      await expect(terminate(handle, withLocal(refusing))).rejects.toMatchObject({ type: 'transient' });
      expect(await world.store.attempts.get(attemptId)).toMatchObject({
        ...{ state: 'ending', terminateRefusals: tries, terminateError: 'transient: It answered 503.' },
        ...{ terminateRefusedAt: expect.any(Date), terminationConfirmedAt: null },
      });
    }
    await world.local.terminate(handle);
    await poll('its end', 10_000, async () => ((await world.local.describe(handle)).state === 'gone' ? true : null));
    await terminate(handle, withLocal(refusing));
    const over = await world.store.attempts.get(attemptId);
    expect(over).toMatchObject({ terminationConfirmedAt: expect.any(Date), billedUntil: expect.any(Date) });
  });

  test('a provider that refuses everything but its list: over as soon as a list proves that the instance is gone', async () => {
    const handle = await launch();
    await terminate(handle);
    const away = () => Promise.reject(new ArtenicError('transient', 'It answered 503.'));
    const listing: Provider = { ...world.local, terminate: away, describe: away };
    await expect(terminate(handle, withLocal(listing))).rejects.toMatchObject({ type: 'transient' });
    await world.store.reconcile.unlisted([attemptId], new Date());
    await expect(terminate(handle, withLocal(listing))).resolves.toBeUndefined();
  });

  test('is not ready while the provider does not confirm; only then it is written that nothing is left', async () => {
    const handle = await launch();
    const slow: Provider = { ...world.local, terminate: async () => undefined };
    await expect(terminate(handle, withLocal(slow))).rejects.toMatchObject({ type: 'not-ready' });
    expect((await world.store.attempts.get(attemptId)).terminationConfirmedAt).toBeNull();
    await terminate(handle);
    expect((await world.store.attempts.get(attemptId)).terminationConfirmedAt).not.toBeNull();
  });

  test('waits for a list that must show what a launch without an answer has made; a refusal has made nothing', async () => {
    const launchWith = (type: 'unknown-outcome' | 'stockout', consistencyMs: number) => {
      const lagging: Provider = {
        ...world.local,
        launch: () => Promise.reject(new ArtenicError(type, 'no')),
        consistencyMs: () => Promise.resolve(consistencyMs),
      };
      return { lagging, launched: launch(withLocal(lagging)) };
    };
    const unknown = launchWith('unknown-outcome', 60_000);
    await expect(unknown.launched).rejects.toMatchObject({ type: 'unknown-outcome' });
    await expect(terminate(null, withLocal(unknown.lagging))).rejects.toMatchObject({ type: 'not-ready' });
    await expect(terminate(null)).resolves.toBeUndefined();
    const refused = launchWith('stockout', 60_000);
    await expect(refused.launched).rejects.toMatchObject({ type: 'stockout' });
    await expect(terminate(null, withLocal(refused.lagging))).resolves.toBeUndefined();
  });

  test('is tried again by another worker when this one does not serve the provider', async () => {
    const activities = world.provider({ providers: new Map() });
    await expect(terminate(null, activities)).rejects.toMatchObject({ type: 'unavailable', nonRetryable: false });
  });
});
