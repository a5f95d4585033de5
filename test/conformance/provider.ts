import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InstanceHandle, LaunchRequest, Provider } from '../../activities/providers/provider.ts';
import { providerModules } from '../../activities/providers/registry.ts';
import type { Capacity } from '../../core/capacity/types.ts';
import type { Offer } from '../../core/failover/types.ts';
import { poll } from '../support/poll.ts';
import { launchPatiently } from './launch-request.ts';

/** Harness of a provider's test: the adapter, the view of the other side, and its faults. */
export type ProviderHarness = {
  readonly provider: Provider;
  /** An adapter like that of another process, for the same account: it shares no memory. */
  readonly reopen: () => Provider;
  /** A request that can succeed; its bootstrap contains `secret`. */
  readonly request: (attemptId: string) => LaunchRequest;
  readonly secret: string;
  /** More capacity than the provider has. */
  readonly impossibleNeeds: Capacity;
  /** Number of instances that ever began for the attempt, as reported by the instances themselves. */
  readonly begun: (attemptId: string) => Promise<number>;
  /** Ends the instance from inside, without a request to the provider. */
  readonly endByItself: (handle: InstanceHandle) => Promise<void>;
  /** From now on the provider reports a state of the instance that the adapter does not know. */
  readonly breakState: (handle: InstanceHandle) => Promise<void>;
  /** Sends a launch that takes effect but whose answer is lost; rejects with the adapter's error. */
  readonly launchWithoutAnswer: (request: LaunchRequest) => Promise<void>;
  readonly close: () => Promise<void>;
};

const patienceMs = 20_000;

const oddIds = [
  'job with spaces/attempt-1',
  'ünïcødé-作業-🚀/attempt-1',
  `quotes'"$(touch x)\`;&|<>*?[]{}\\/attempt-1`,
  '../../../escape/attempt-1',
  '-rf --no-preserve-root/attempt-1',
  'new\nline\tand=equals/attempt-1',
  `${'long'.repeat(500)}/attempt-1`,
];

/** Contract of `activities/providers/provider.ts`; each case uses an attempt of its own. */
export function describeProviderConformance(name: string, makeHarness: () => Promise<ProviderHarness>): void {
  describe(`${name} keeps the contract of a provider`, () => {
    let harness: ProviderHarness;
    let provider: Provider;
    beforeAll(async () => {
      harness = await makeHarness();
      ({ provider } = harness);
    });
    afterAll(() => harness.close());

    let jobs = 0;
    const newId = (): string => `job-${++jobs}/attempt-1`;
    const launch = (attemptId: string): Promise<InstanceHandle> =>
      launchPatiently(provider, harness.request(attemptId));
    const listed = async (attemptId: string, by = provider) =>
      (await by.list()).filter(({ handle }) => handle.attemptId === attemptId);
    /** A list may be outdated, so this polls until it shows `count` instances of the attempt. */
    const listedAs = (attemptId: string, count: number, by = provider) =>
      poll(`${count} of ${attemptId} in the list`, patienceMs, async () => {
        const found = await listed(attemptId, by);
        return found.length === count ? found : null;
      });
    const goneOf = (handle: InstanceHandle, by = provider) =>
      poll(`${handle.attemptId} to be gone`, patienceMs, async () => {
        const description = await by.describe(handle);
        return description.state === 'gone' ? description : null;
      });
    const begunOnce = (attemptId: string) =>
      poll(`${attemptId} to begin`, patienceMs, async () => ((await harness.begun(attemptId)) > 0 ? true : null));
    const end = async (handle: InstanceHandle): Promise<void> => {
      await provider.terminate(handle);
      await goneOf(handle);
    };

    test('says what it is', () => {
      expect(provider.name).toMatch(/^[a-z0-9-]+$/);
      expect(provider.capabilities).toEqual(providerModules.get(provider.name)?.capabilities);
    });

    test('check says whether it can be used, and with what', async () => {
      const { usable, message, capacity } = await provider.check();
      expect(usable ? null : message).toBeNull();
      expect(message).not.toBe('');
      if (capacity !== null) expect(Math.min(capacity.vcpu, capacity.memoryGib)).toBeGreaterThan(0);
    });

    test('offers what fits, cheapest first, with whole prices', async () => {
      const { needs } = harness.request('any');
      const offers = await provider.offers({ needs, gpuType: null, regions: [], spot: null });
      expect(offers.length).toBeGreaterThan(0);
      const prices = offers.map((offer) => offer.priceUsdMicrosPerHour);
      expect(prices).toEqual(prices.toSorted((one, other) => one - other));
      expect(prices.every((price) => Number.isSafeInteger(price) && price >= 0)).toBe(true);
      expect(offers.every((offer) => offer.provider === provider.name)).toBe(true);
    });

    test('stamps what is billed with the whole price row', async () => {
      const { needs } = harness.request('any');
      for (const offer of await provider.offers({ needs, gpuType: null, regions: [], spot: null })) {
        if (offer.priceUsdMicrosPerHour === 0) continue;
        expect(Date.parse(offer.billing?.pricedAt ?? '')).toBeGreaterThan(Date.now() - 3_600_000);
        expect(offer.billing?.minimumSeconds).toBeGreaterThanOrEqual(0);
        expect(offer.billing?.granularitySeconds).toBeGreaterThan(0);
      }
    });

    test('its catalog holds everything that it offers, with what each is made of', async () => {
      const catalog = await provider.catalog('all');
      const nameOf = ({ region, zone, instanceType, spot }: Offer) => [region, zone, instanceType, spot].join(' ');
      const byName = new Map(catalog.map((row) => [nameOf(row), row]));
      expect(byName.size).toBe(catalog.length);
      const { needs } = harness.request(newId());
      const offers = await provider.offers({ needs, gpuType: null, regions: [], spot: null });
      for (const offer of offers) {
        const { resources, ...rest } = byName.get(nameOf(offer)) ?? {};
        expect({ ...rest, billing: null }).toEqual({ ...offer, billing: null });
        expect(resources?.vcpu).toBeGreaterThanOrEqual(needs.vcpu);
        expect(resources?.gpus).toBeGreaterThanOrEqual(needs.gpus);
        expect(resources?.gpuType === null).toBe(resources?.gpus === 0);
      }
    });

    test('offers nothing for needs that nothing meets, and only spot or only not when asked so', async () => {
      const query = { needs: harness.request('any').needs, gpuType: null, regions: [] };
      expect(await provider.offers({ ...query, needs: harness.impossibleNeeds, spot: null })).toEqual([]);
      expect(await provider.offers({ ...query, gpuType: 'no-such-gpu-9000', spot: null })).toEqual([]);
      const spot = await provider.offers({ ...query, spot: true });
      const onDemand = await provider.offers({ ...query, spot: false });
      expect(spot.every((offer) => offer.spot)).toBe(true);
      expect(spot.length === 0 || provider.capabilities.spot).toBe(true);
      expect(onDemand.some((offer) => offer.spot)).toBe(false);
    });

    test('launches an instance that begins once and runs', async () => {
      const id = newId();
      const handle = await launch(id);
      expect(handle).toMatchObject({ provider: provider.name, attemptId: id });
      expect(handle.instanceId).not.toBe('');
      await begunOnce(id);
      const running = await poll('it to run', patienceMs, async () => {
        const description = await provider.describe(handle);
        return description.state === 'running' ? description : null;
      });
      expect(running).toMatchObject({ handle, endedBy: null, endedAt: null });
      expect(Date.parse(running.launchedAt ?? '')).not.toBeNaN();
      await end(handle);
    });

    test('gives handles that are plain data without secrets', async () => {
      const handle = await launch(newId());
      const text = JSON.stringify(handle);
      expect(JSON.parse(text)).toEqual(handle);
      expect((await provider.describe(JSON.parse(text) as InstanceHandle)).state).not.toBe('gone');
      const told = [text, JSON.stringify(await provider.list()), await provider.console(handle)].join();
      expect(told).not.toContain(harness.secret);
      await end(handle);
    });

    test('makes one instance of two launches with one attempt id', async () => {
      const id = newId();
      const first = await launch(id);
      expect(await launch(id)).toEqual(first);
      await begunOnce(id);
      expect(await harness.begun(id)).toBe(1);
      await listedAs(id, 1);
      await end(first);
    });

    test('makes one instance of launches at once, by this adapter and another', async () => {
      const id = newId();
      const other = harness.reopen();
      const launches = [1, 2, 3].flatMap(() => [launch(id), launchPatiently(other, harness.request(id))]);
      const [first, ...rest] = await Promise.all(launches);
      for (const handle of rest) expect(handle).toEqual(first);
      await begunOnce(id);
      await listedAs(id, 1);
      if (first !== undefined) await end(first);
      expect(await harness.begun(id)).toBe(1);
    });

    test('finds its instance again when the first answer was lost', async () => {
      const id = newId();
      const lost = await launch(id);
      const again = await launchPatiently(harness.reopen(), harness.request(id));
      expect(again).toEqual(lost);
      await begunOnce(id);
      expect(await harness.begun(id)).toBe(1);
      await end(again);
    });

    test('says `unknown-outcome` when no answer comes, and its list tells the outcome', async () => {
      const id = newId();
      await expect(harness.launchWithoutAnswer(harness.request(id))).rejects.toMatchObject({ type: 'unknown-outcome' });
      const found = await poll('the list to show it', patienceMs, async () => (await listed(id))[0] ?? null);
      expect(await launch(id)).toEqual(found.handle);
      await begunOnce(id);
      expect(await harness.begun(id)).toBe(1);
      await end(found.handle);
    });

    test('takes over what an earlier try may have made, and makes it when there is none', async () => {
      const [was, isNew] = [newId(), newId()];
      const lost = await launch(was);
      const again = { ...harness.request(was), mayExist: true };
      expect(await launchPatiently(harness.reopen(), again)).toEqual(lost);
      const made = await launchPatiently(provider, { ...harness.request(isNew), mayExist: true });
      await Promise.all([begunOnce(was), begunOnce(isNew)]);
      expect(await harness.begun(was)).toBe(1);
      await Promise.all([end(lost), end(made)]);
    });

    test('gives the handle, and begins nothing, when the instance has ended by itself', async () => {
      const id = newId();
      const handle = await launch(id);
      await begunOnce(id);
      await harness.endByItself(handle);
      await goneOf(handle);
      expect(await launch(id)).toEqual(handle);
      expect((await provider.describe(handle)).state).toBe('gone');
      expect(await harness.begun(id)).toBe(1);
    });

    test('gives the handle, and begins nothing, after it was terminated', async () => {
      const id = newId();
      const handle = await launch(id);
      await begunOnce(id);
      await end(handle);
      expect(await launchPatiently(harness.reopen(), harness.request(id))).toEqual(handle);
      expect((await provider.describe(handle)).state).toBe('gone');
      expect(await harness.begun(id)).toBe(1);
    });

    test('refuses needs that it can never meet, and begins nothing', async () => {
      const id = newId();
      const request = { ...harness.request(id), needs: harness.impossibleNeeds };
      await expect(provider.launch(request)).rejects.toMatchObject({
        type: expect.stringMatching(/^(invalid-request|stockout)$/),
      });
      expect(await listed(id)).toEqual([]);
      expect(await harness.begun(id)).toBe(0);
    });

    test('keeps attempts apart whose ids begin alike', async () => {
      const [one, eleven] = ['apart/attempt-1', 'apart/attempt-11'];
      const [first, second] = await Promise.all([launch(one), launch(eleven)]);
      expect(first.instanceId).not.toBe(second.instanceId);
      await Promise.all([begunOnce(one), begunOnce(eleven)]);
      await end(first);
      expect((await provider.describe(second)).state).toBe('running');
      await listedAs(eleven, 1);
      await end(second);
    });

    test.each(oddIds.map((id) => [id.slice(0, 50), id]))('takes the attempt id %j', async (_, id) => {
      const handle = await launch(id);
      await begunOnce(id);
      expect(await listedAs(id, 1)).toMatchObject([{ handle }]);
      expect(await launch(id)).toEqual(handle);
      await end(handle);
      expect(await harness.begun(id)).toBe(1);
    });

    test('says `not-found` of an instance it never had', async () => {
      const stranger = await launchPatiently(provider, harness.request(newId()));
      const unknown = { ...stranger, attemptId: 'never/attempt-1', instanceId: 'never-made' };
      await expect(provider.describe(unknown)).rejects.toMatchObject({ type: 'not-found' });
      await expect(provider.console(unknown)).rejects.toMatchObject({ type: 'not-found' });
      await end(stranger);
    });

    test('tells an instance that ended by itself, and when', async () => {
      const id = newId();
      const handle = await launch(id);
      await begunOnce(id);
      const before = Date.now();
      await harness.endByItself(handle);
      const gone = await goneOf(handle);
      expect(gone).toMatchObject({ endedBy: 'itself', preemption: null });
      expect(Date.parse(gone.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(gone.launchedAt ?? ''));
      expect(Date.parse(gone.endedAt ?? '')).toBeGreaterThan(before - 60_000);
    });

    test('tells an instance that was terminated', async () => {
      const handle = await launch(newId());
      await provider.terminate(handle);
      expect(await goneOf(handle)).toMatchObject({ endedBy: 'request', preemption: null });
    });

    test('terminates once, twice and several times at once', async () => {
      const handle = await launch(newId());
      await provider.terminate(handle);
      await provider.terminate(handle);
      await Promise.all([provider.terminate(handle), harness.reopen().terminate(handle), provider.terminate(handle)]);
      await goneOf(handle);
      await provider.terminate(handle);
      expect((await provider.describe(handle)).state).toBe('gone');
    });

    test('does not claim an end that it did not make', async () => {
      const id = newId();
      const handle = await launch(id);
      await begunOnce(id);
      await harness.endByItself(handle);
      await goneOf(handle);
      await provider.terminate(handle);
      expect((await provider.describe(handle)).endedBy).toBe('itself');
    });

    test('takes the end of what was never known for done', async () => {
      const other = await launch(newId());
      const unknown = { ...other, attemptId: 'never/attempt-2', instanceId: 'never-made' };
      await expect(provider.terminate(unknown)).resolves.toBeUndefined();
      expect((await provider.describe(other)).state).not.toBe('gone');
      await end(other);
    });

    test('lists what is there, also by another adapter, and nothing that is gone', async () => {
      const [stays, goes] = [newId(), newId()];
      const [kept, ended] = await Promise.all([launch(stays), launch(goes)]);
      await end(ended);
      for (const adapter of [provider, harness.reopen()]) {
        expect(await listedAs(stays, 1, adapter)).toMatchObject([{ handle: kept }]);
        await listedAs(goes, 0, adapter);
        expect((await adapter.list()).some(({ state }) => state === 'gone')).toBe(false);
      }
      await end(kept);
    });

    test('finds the instance of an attempt, also by another adapter and after its end, and none of another', async () => {
      const id = newId();
      const handle = await launch(id);
      const foundAs = (state: string, by: Provider) =>
        poll(`${id} to be found ${state}`, patienceMs, async () => {
          const found = await by.find(id);
          return found?.state === state ? found : null;
        });
      for (const by of [provider, harness.reopen()]) expect((await foundAs('running', by)).handle).toEqual(handle);
      await end(handle);
      const gone = await provider.describe(handle);
      for (const by of [provider, harness.reopen()]) {
        expect(await foundAs('gone', by)).toMatchObject({ handle, launchedAt: gone.launchedAt });
        expect(await by.find(`${id}1`)).toBeNull();
      }
    });

    test('keeps saying the same of what is gone', async () => {
      const handle = await launch(newId());
      await end(handle);
      const first = await provider.describe(handle);
      expect(await provider.describe(handle)).toEqual(first);
      expect(await harness.reopen().describe(handle)).toEqual(first);
    });

    test('lets its instances outlive the adapter', async () => {
      const id = newId();
      const handle = await launchPatiently(harness.reopen(), harness.request(id));
      await begunOnce(id);
      expect((await harness.reopen().describe(handle)).state).toBe('running');
      await end(handle);
    });

    test('says `unknown-state` instead of guessing', async () => {
      const handle = await launch(newId());
      await harness.breakState(handle);
      await expect(provider.describe(handle)).rejects.toMatchObject({ type: 'unknown-state' });
      await end(handle);
    });

    test('still lists the others, and terminates, when the state of one is unknown', async () => {
      const [broken, sane] = [newId(), newId()];
      const [brokenHandle, saneHandle] = await Promise.all([launch(broken), launch(sane)]);
      await begunOnce(broken);
      await harness.breakState(brokenHandle);
      await listedAs(sane, 1);
      await listedAs(broken, 1);
      await Promise.all([end(brokenHandle), end(saneHandle)]);
      await listedAs(broken, 0);
    });

    test('shows the console while it runs and after the end', async () => {
      const id = newId();
      const handle = await launch(id);
      await begunOnce(id);
      const text = await poll('the console to say something', patienceMs, async () => {
        const shown = await provider.console(handle);
        return shown === '' ? null : shown;
      });
      await end(handle);
      expect(await provider.console(handle)).toContain(text.trim());
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(64 * 1024);
    });

    test('has nothing left at the end', async () => {
      await poll('an empty list', patienceMs, async () => ((await provider.list()).length === 0 ? true : null));
    });
  });
}
