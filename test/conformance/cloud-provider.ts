import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { InstanceHandle, LaunchRequest, Provider } from '../../activities/providers/provider.ts';
import type { ErrorType } from '../../core/errors.ts';
import { poll } from '../support/poll.ts';
import { launchPatiently } from './launch-request.ts';

export type CloudOperation = 'create' | 'describe' | 'list' | 'terminate' | 'any';
/** Faults of the network's other side. `answer-lost`: the call takes effect, but its answer is lost. */
export type CloudFault =
  | 'stockout'
  | 'quota'
  | 'throttled'
  | 'expired-credential'
  | 'answer-lost'
  | 'server-error'
  | 'reset'
  | 'garbage'
  | 'unknown-state'
  | 'made-twice';

/** Harness of a provider behind a network: fault control and the cloud's bill. */
export type CloudHarness = {
  readonly provider: Provider;
  readonly reopen: () => Provider;
  readonly request: (attemptId: string) => LaunchRequest;
  /** The next `count` requests of this kind fail. */
  readonly fault: (operation: CloudOperation, fault: CloudFault, count: number) => Promise<void>;
  readonly clear: () => Promise<void>;
  /** Preempts the instance: with a warning, at once, or without any record of it. */
  readonly preempt: (handle: InstanceHandle, how: 'warned' | 'at-once' | 'unrecorded') => Promise<void>;
  /** Instances of the attempt, by the cloud's own bill. */
  readonly billed: (attemptId: string) => Promise<{ readonly made: number; readonly alive: number }>;
  /** Seconds between retries in a throttled answer. */
  readonly retryAfterSeconds: number;
  readonly close: () => Promise<void>;
};

const patienceMs = 20_000;

/** Tests of behaviour that only clouds have. Call it in addition to `describeProviderConformance`. */
export function describeCloudConformance(name: string, makeHarness: () => Promise<CloudHarness>): void {
  describe(`${name} keeps the contract of a provider behind a network`, () => {
    let harness: CloudHarness;
    let provider: Provider;
    beforeAll(async () => {
      harness = await makeHarness();
      ({ provider } = harness);
    });
    afterEach(() => harness.clear());
    afterAll(() => harness.close());

    let jobs = 0;
    const newId = (): string => `cloud-${++jobs}/attempt-1`;
    const launch = (attemptId: string): Promise<InstanceHandle> =>
      launchPatiently(provider, harness.request(attemptId));
    const goneOf = (handle: InstanceHandle) =>
      poll(`${handle.attemptId} to be gone`, patienceMs, async () => {
        const description = await provider.describe(handle);
        return description.state === 'gone' ? description : null;
      });
    const again = (attemptId: string, by = provider): Promise<InstanceHandle> =>
      launchPatiently(by, { ...harness.request(attemptId), mayExist: true });
    /** Waits until a single instance is left; an instance missing from a list is ended by a later launch. */
    const aliveOnce = (attemptId: string) =>
      poll(`one instance of ${attemptId}`, patienceMs, async () => {
        await again(attemptId);
        return (await harness.billed(attemptId)).alive === 1 ? true : null;
      });
    const end = async (handle: InstanceHandle): Promise<void> => {
      await provider.terminate(handle);
      await goneOf(handle);
    };
    /** Repeats the call after a transient error, as Temporal does. */
    const launchUntilDone = (attemptId: string) =>
      poll(`a launch of ${attemptId}`, patienceMs, async () => {
        try {
          return await again(attemptId);
        } catch (error) {
          expect(['transient', 'unknown-outcome']).toContain((error as { type?: ErrorType }).type);
          return null;
        }
      });

    test.each([
      ['stockout', 'stockout'],
      ['quota', 'quota'],
      ['expired-credential', 'auth'],
    ] as const)('a launch that meets %s is refused with `%s`, and nothing is made', async (fault, type) => {
      const id = newId();
      await harness.fault('create', fault, 1);
      await expect(launch(id)).rejects.toMatchObject({ type });
      expect((await harness.billed(id)).made).toBe(0);
      await end(await launch(id));
    });

    test('a throttled call says when to come again', async () => {
      const id = newId();
      await harness.fault('create', 'throttled', 1);
      const error = { type: 'rate-limited', details: { retryAfterMs: harness.retryAfterSeconds * 1000 } };
      await expect(launch(id)).rejects.toMatchObject(error);
      expect((await harness.billed(id)).made).toBe(0);
    });

    test('an expired credential is `auth` everywhere, and `check` says so without throwing', async () => {
      const handle = await launch(newId());
      await harness.fault('any', 'expired-credential', 5);
      const auth = { type: 'auth' };
      await expect(provider.describe(handle)).rejects.toMatchObject(auth);
      await expect(provider.list()).rejects.toMatchObject(auth);
      await expect(provider.terminate(handle)).rejects.toMatchObject(auth);
      await expect(provider.console(handle)).rejects.toMatchObject(auth);
      expect(await provider.check()).toMatchObject({ usable: false, message: expect.stringMatching(/expired/i) });
      await harness.clear();
      expect(await provider.check()).toMatchObject({ usable: true });
      await end(handle);
    });

    test.each(['answer-lost', 'server-error', 'reset', 'garbage', 'made-twice'] as const)(
      'one attempt is one instance when a create meets %s',
      async (fault) => {
        const id = newId();
        await harness.fault('create', fault, 1);
        const handle = await launchUntilDone(id);
        await aliveOnce(id);
        expect((await provider.describe(handle)).state).not.toBe('gone');
        expect(await again(id, harness.reopen())).toEqual(handle);
        await end(handle);
        expect((await harness.billed(id)).alive).toBe(0);
      },
    );

    test('one attempt is one instance when several creates in a row lose their answers', async () => {
      const id = newId();
      await harness.fault('create', 'answer-lost', 3);
      const handle = await launchUntilDone(id);
      await aliveOnce(id);
      await end(handle);
    });

    test('a list that fails while a create is unclear leaves it `unknown-outcome`, and the next try finds it', async () => {
      const id = newId();
      await harness.fault('list', 'server-error', 1);
      await expect(launch(id)).rejects.toMatchObject({ type: 'transient' });
      expect((await harness.billed(id)).made).toBe(0);
      await end(await launchUntilDone(id));
    });

    test.each(['server-error', 'reset', 'answer-lost', 'garbage'] as const)(
      'a terminate that meets %s is `transient` until it has worked, and never claims an end',
      async (fault) => {
        const handle = await launch(newId());
        await harness.fault('terminate', fault, 2);
        await expect(provider.terminate(handle)).rejects.toMatchObject({ type: 'transient' });
        await expect(provider.terminate(handle)).rejects.toMatchObject({ type: 'transient' });
        if (fault !== 'answer-lost' && fault !== 'garbage') {
          expect((await provider.describe(handle)).state).not.toBe('gone');
        }
        await end(handle);
      },
    );

    test.each(['server-error', 'reset', 'garbage'] as const)('reads that meet %s are `transient`', async (fault) => {
      const handle = await launch(newId());
      for (const read of [() => provider.describe(handle), () => provider.list()]) {
        await harness.fault('any', fault, 1);
        await expect(read()).rejects.toMatchObject({ type: 'transient' });
      }
      await harness.clear();
      await end(handle);
    });

    test('a state that nobody has documented is `unknown-state`, and in the list it counts as alive', async () => {
      const handle = await launch(newId());
      await harness.fault('describe', 'unknown-state', 1);
      await expect(provider.describe(handle)).rejects.toMatchObject({ type: 'unknown-state' });
      await poll('the list to show it', patienceMs, async () => {
        await harness.fault('list', 'unknown-state', 1);
        return (await provider.list()).find((one) => one.handle.instanceId === handle.instanceId) ?? null;
      });
      await harness.clear();
      await end(handle);
    });

    test('lists over pages, each instance once', async () => {
      const ids = Array.from({ length: 8 }, newId);
      const handles = await Promise.all(ids.map((id) => launch(id)));
      const list = await poll('all of them in the list', patienceMs, async () => {
        const found = await provider.list();
        return found.length >= ids.length ? found : null;
      });
      expect(list.map(({ handle }) => handle.attemptId).toSorted()).toEqual(ids.toSorted());
      await Promise.all(handles.map(end));
    });

    test('tells a preemption by its warning, then by the record', async () => {
      const handle = await launch(newId());
      await harness.preempt(handle, 'warned');
      const warned = await poll('the warning', patienceMs, async () => {
        const description = await provider.describe(handle);
        return description.preemption === null ? null : description;
      });
      if (warned.state !== 'gone') {
        expect(warned).toMatchObject({ endedBy: null, preemption: { evidence: 'notice' } });
        expect(Date.parse(warned.preemption?.at ?? '')).toBeGreaterThan(0);
      }
      const recorded = { endedBy: 'preemption', preemption: { evidence: 'provider-record' } };
      expect(await goneOf(handle)).toMatchObject(recorded);
    });

    test('tells a preemption without a warning by the record', async () => {
      const handle = await launch(newId());
      await harness.preempt(handle, 'at-once');
      const gone = await goneOf(handle);
      expect(gone).toMatchObject({
        endedBy: 'preemption',
        preemption: { evidence: 'provider-record', at: gone.endedAt },
      });
    });

    test('does not call a preemption what only disappeared', async () => {
      const handle = await launch(newId());
      await harness.preempt(handle, 'unrecorded');
      expect(await goneOf(handle)).toMatchObject({ endedBy: 'unknown', preemption: { evidence: 'disappeared' } });
    });

    test('has nothing left on the bill at the end', async () => {
      for (let job = 1; job <= jobs; job++) expect((await harness.billed(`cloud-${job}/attempt-1`)).alive).toBe(0);
    });
  });
}
