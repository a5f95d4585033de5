import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CompactInputs } from '../../../activities/failover/compact-inputs.ts';
import { ArtenicError } from '../../../core/errors.ts';
import type { FailoverPolicy, FailoverState, Offer } from '../../../core/failover/types.ts';
import { noSignals } from '../../../core/signals/reduce.ts';
import { ActivityWorld, localOffer } from '../world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());

const decide = (jobId: string, decision: number) => world.control().decideNext({ jobId, decision, watched: [] });
const stateOf = async (jobId: string) => (await world.store.jobs.get(jobId)).state;
const prepared = async (spec: Parameters<ActivityWorld['addJob']>[0] = {}): Promise<string> => {
  const { id } = await world.addJob(spec);
  await world.control().prepareJob({ jobId: id });
  return id;
};

describe('decideNext', () => {
  test('launches the first attempt and keeps the decision with what it was made of', async () => {
    const id = await prepared({ retryOnExitCodes: [7] });
    const action = { kind: 'launch', attempt: 1, offer: localOffer, step: 'first', reason: 'first attempt' };
    expect(await decide(id, 1)).toEqual(action);
    expect(await world.store.decisions.find(id, 1)).toMatchObject({
      policyVersion: 'on-demand-only-3',
      action,
      inputs: {
        attempts: [],
        changed: {
          attempts: [],
          openAttempts: [],
          offers: [localOffer],
          retryOnExitCodes: [7],
          refusals: [],
          heard: [],
        },
      },
    });
    expect(await stateOf(id)).toBe('preparing');
  });

  test('returns what is stored under a number, whatever has happened and whatever the policy says now', async () => {
    const id = await prepared();
    const first = await decide(id, 1);
    await world.control().recordCancelIntent({ jobId: id, by: 'somebody' });
    const other: FailoverPolicy = { version: 'other', decide: () => ({ kind: 'wait', waitMs: 1, reason: 'other' }) };
    expect(await world.control({ policyFor: () => other }).decideNext({ jobId: id, decision: 1, watched: [] })).toEqual(
      { ...first, isRepeated: true },
    );
    expect(await decide(id, 2)).toMatchObject({ kind: 'finish', state: 'cancelled' });
  });

  test('launches nothing while the job is held, and what is asked to end ends', async () => {
    const id = await prepared();
    const hold = (isHeld: boolean, atMs: number) =>
      world.store.jobs.setSignals(id, { ...noSignals, hold: { isHeld, atMs, id: 'x' } });
    await hold(true, 1_800_000_000_000);
    const held = await decide(id, 1);
    expect(held).toEqual({
      ...{ kind: 'wait', waitMs: 600_000, waitsFor: 'release' },
      reason: expect.stringMatching(/^held since 2027-/),
    });
    expect(await world.store.jobs.get(id)).toMatchObject({ state: 'waiting', message: expect.stringMatching(/^held/) });
    await hold(false, 1_800_000_000_001);
    expect(await decide(id, 2)).toMatchObject({ kind: 'launch', attempt: 1 });
    await hold(true, 1_800_000_000_002);
    await world.control().recordCancelIntent({ jobId: id, by: 'somebody' });
    expect(await decide(id, 3)).toMatchObject({ kind: 'finish', state: 'cancelled' });
  });

  test('a hold never holds back what runs already', async () => {
    const id = await prepared();
    await world.addAttempt(id);
    await world.store.jobs.setSignals(id, { ...noSignals, hold: { isHeld: true, atMs: 1, id: 'x' } });
    expect(await decide(id, 1)).toMatchObject({ kind: 'launch', attempt: 1, takeOver: true });
  });

  test('replaces a warned attempt, also when it was stopped already, but not one that came to its own end', async () => {
    for (const [reason, kind] of [
      ['stop-requested', 'launch'],
      ['exited', 'watch'],
    ] as const) {
      const id = await prepared();
      const attemptId = await world.addAttempt(id);
      await world.addMarker(attemptId, { reason });
      await world.store.attempts.notice(attemptId, new Date(Date.now() + 60_000), new Date());
      const action = await world.control().decideNext({ jobId: id, decision: 1, watched: [1] });
      expect([reason, action.kind]).toEqual([reason, kind]);
    }
  });

  test('keeps what has changed since the decision before, and a digest of the rest', async () => {
    const id = await prepared();
    await decide(id, 1);
    await world.endAttempt(await world.addAttempt(id), 'lost');
    await decide(id, 2);
    await world.endAttempt(await world.addAttempt(id, 2), 'lost');
    await decide(id, 3);
    const kept = async (decision: number) => (await world.store.decisions.find(id, decision))?.inputs as CompactInputs;
    const [first, second, third] = [await kept(1), await kept(2), await kept(3)];
    expect(Object.keys(first.changed)).toEqual(expect.arrayContaining(['offers', 'attempts', 'createdAtMs']));
    expect(Object.keys(second.changed).toSorted()).toEqual(['attempts', 'endings', 'nowMs']);
    expect(second.parts['offers']).toBe(first.parts['offers']);
    expect(third.attempts).toEqual([1, 2]);
    expect(third.changed['attempts']).toMatchObject([{ attempt: 2 }]);
    expect(third.changed['endings']).toEqual([{ kind: 'lost', exitCode: null, count: 2 }]);
    expect(new Set([first.digest, second.digest, third.digest]).size).toBe(3);
  });

  test('gives one answer to all who ask at once', async () => {
    const id = await prepared();
    let asked = 0;
    const policy: FailoverPolicy = {
      version: 'counting',
      decide: () => ({ kind: 'wait', waitMs: ++asked, reason: 'each answer differs' }),
    };
    const control = world.control({ policyFor: () => policy });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => control.decideNext({ jobId: id, decision: 1, watched: [] })),
    );
    const stored = (await world.store.decisions.find(id, 1))?.action;
    const repeated = { ...stored, isRepeated: true };
    expect(answers.filter(({ isRepeated }) => isRepeated === true)).toEqual(Array.from({ length: 7 }, () => repeated));
    expect(answers).toContainEqual(stored);
    expect((await world.store.decisions.page({ jobId: id, limit: 10 })).items).toHaveLength(1);
  });

  test.each([
    ['goes on while hours are left, however long it has waited', 1, { kind: 'launch', attempt: 2 }],
    ['ends when its hours have run', 0.25, { kind: 'finish', state: 'timed-out' }],
  ] as const)('a job that waited for a machine %s', async (_, maxHours, action) => {
    const id = await prepared({ maxHours });
    const attemptId = await world.addAttempt(id);
    const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
    // The attempt ran for half an hour.
    await world.store.attempts.hello(attemptId, `token of ${id}`, hoursAgo(20.5));
    await world.store.attempts.heartbeat(attemptId, hoursAgo(20));
    await world.store.jobs.setStopAt(id, hoursAgo(20.5 - maxHours));
    await world.endAttempt(attemptId, 'lost');
    expect(await decide(id, 1)).toMatchObject(action);
  });

  test('goes on after a lost attempt, and the job recovers meanwhile', async () => {
    const id = await prepared();
    const attemptId = await world.addAttempt(id);
    await world.store.jobs.transition(id, 'provisioning');
    await world.store.jobs.transition(id, 'running');
    await world.endAttempt(attemptId, 'lost');
    expect(await decide(id, 1)).toMatchObject({ kind: 'launch', attempt: 2 });
    expect(await world.store.jobs.get(id)).toMatchObject({
      state: 'recovering',
      message: expect.stringMatching(/^retry \(instance stopped responding in .+\)$/),
    });
  });

  test('does not disturb a job whose decision is asked for again later', async () => {
    const id = await prepared();
    await world.endAttempt(await world.addAttempt(id), 'lost');
    await decide(id, 1);
    await world.addAttempt(id, 2);
    await world.store.jobs.transition(id, 'provisioning');
    await world.store.jobs.transition(id, 'running');
    await decide(id, 1);
    expect(await stateOf(id)).toBe('running');
    await world.endAttempt(`${id}/attempt-2`, 'lost');
  });

  test('takes over the attempt that has no end, and leaves the state of the job', async () => {
    const id = await prepared();
    await world.addAttempt(id);
    await world.store.jobs.transition(id, 'provisioning');
    await world.store.jobs.transition(id, 'running');
    expect(await decide(id, 1)).toMatchObject({ kind: 'launch', attempt: 1, takeOver: true });
    expect(await stateOf(id)).toBe('running');
    await world.endAttempt(`${id}/attempt-1`, 'lost');
  });

  test('measures how long an attempt ran from when its command began', async () => {
    const id = await prepared();
    const attemptId = await world.addAttempt(id);
    const startMs = Date.now() - 100_000;
    await world.store.attempts.advance(attemptId, 'launching', new Date(startMs));
    await world.store.attempts.advance(attemptId, 'running', new Date(startMs + 40_000));
    await world.store.attempts.end(
      attemptId,
      { kind: 'killed', exitCode: null, message: '' },
      new Date(startMs + 90_000),
    );
    await world.store.capacity.release(attemptId);
    await decide(id, 1);
    const { inputs } = (await world.store.decisions.find(id, 1)) ?? {};
    expect(inputs).toMatchObject({
      changed: { attempts: [{ attempt: 1, ranMs: 50_000, endedAtMs: startMs + 90_000 }] },
    });
  });

  test('says of an ended job that it has ended', async () => {
    const id = await prepared();
    await world.control().settleJob({ jobId: id, state: 'failed', message: 'for the test', model: null });
    expect(await decide(id, 1)).toEqual({ kind: 'finish', state: 'failed', attempt: null, reason: 'for the test' });
  });

  test('finishes when nobody offers what the job asks for', async () => {
    const id = await prepared({ placement: { mode: 'spot' } });
    expect(await decide(id, 1)).toMatchObject({ kind: 'finish', state: 'failed', attempt: null });
  });

  describe('with several providers', () => {
    const offer = (provider: string, usdPerHour: number, spot = false): Offer => ({
      ...localOffer,
      provider,
      spot,
      priceUsdMicrosPerHour: usdPerHour * 1e6,
    });
    type Seen = Pick<FailoverState, 'offers' | 'refusals'>;
    const resources = { vcpu: 8, memoryGib: 32, gpus: 0, gpuType: null };
    const offersOf = async (placement: object, providers: Readonly<Record<string, readonly Offer[] | null>>) => {
      for (const [name, offers] of Object.entries(providers))
        if (offers !== null) await world.addProvider(name, offers);
      const { id } = await world.addJob({ placement: { providers: Object.keys(providers), ...placement } });
      const action = await decide(id, 1);
      const stored = await world.store.decisions.find(id, 1);
      if (stored === null) throw new Error('no decision');
      return { action, ...(stored.inputs as { readonly changed: Seen }).changed };
    };

    test('puts the cheapest first, and equal ones in the order of the job', async () => {
      const providers = { b: [offer('b', 2)], a: [offer('a', 1), { ...offer('a', 2), instanceType: 'more' }] };
      const { offers } = await offersOf({}, providers);
      expect(offers).toEqual([offer('a', 1), offer('b', 2), { ...offer('a', 2), instanceType: 'more' }]);
    });

    test('puts spot first when it may fall back', async () => {
      const providers = { a: [offer('a', 1), offer('a', 3, true)], b: [offer('b', 2, true)] };
      const { offers } = await offersOf({ mode: 'spot-with-fallback' }, providers);
      expect(offers).toEqual([offer('b', 2, true), offer('a', 3, true), offer('a', 1)]);
      expect((await offersOf({ mode: 'on-demand' }, providers)).offers).toEqual([offer('a', 1)]);
    });

    test('leaves out what costs more than the cap', async () => {
      const { offers } = await offersOf(
        { maxHourlyUsd: 1.5 },
        { a: [offer('a', 1), { ...offer('a', 2), region: 'b' }] },
      );
      expect(offers).toEqual([offer('a', 1)]);
    });

    test('leaves out other types than those that the job names', async () => {
      const large = { ...offer('a', 2), instanceType: 'large' };
      const { offers } = await offersOf({ instanceTypes: ['large', 'huge'] }, { a: [offer('a', 1), large] });
      expect(offers).toEqual([large]);
    });

    test('does without a provider that refuses our credentials, keeps why, and asks nobody for it', async () => {
      const expired = new ArtenicError('auth', 'the key has expired');
      await world.addProvider('broken', [offer('broken', 0)]);
      await world.store.catalogs.refused('broken', expired, new Date());
      const { offers, refusals, action } = await offersOf({}, { broken: null, b: [offer('b', 1)] });
      expect(offers).toEqual([offer('b', 1)]);
      expect(refusals).toEqual([{ provider: 'broken', type: 'auth', message: 'the key has expired' }]);
      expect(action).not.toHaveProperty('unknown');
    });

    test('a fault that passes hides nothing while its offers are young', async () => {
      await world.addProvider('hiccup', [offer('hiccup', 1)]);
      await world.store.catalogs.refused('hiccup', new ArtenicError('transient', 'a hiccup'), new Date());
      expect((await offersOf({}, { hiccup: null })).offers).toEqual([offer('hiccup', 1)]);
    });

    test('waits for a provider that is not known, or not any more, and has it asked', async () => {
      const never = await offersOf({}, { never: null });
      expect(never).toMatchObject({ offers: [], action: { kind: 'wait', unknown: ['never'] } });
      expect(never.refusals[0]?.message).toBe('It is not known yet what never offers.');
      await world.store.catalogs.put(
        'old',
        [{ ...offer('old', 1), resources }],
        'all',
        new Date(Date.now() - 1_200_000),
      );
      const { action, refusals } = await offersOf({}, { old: null });
      expect(action).toMatchObject({ kind: 'wait', unknown: ['old'] });
      expect(refusals[0]?.message).toBe('What old offers has not been known for 20 minutes.');
    });

    test('believes that a provider has nothing for a job only when it has just said so', async () => {
      const placement = { regions: [] };
      await world.store.catalogs.put('bare', [], 'all', new Date(Date.now() - 60_000));
      expect((await offersOf(placement, { bare: null })).action).toMatchObject({ kind: 'wait', unknown: ['bare'] });
      expect((await offersOf(placement, { bare: [] })).action).toMatchObject({ kind: 'finish', state: 'failed' });
    });
  });
});

// This test is last, because the stockout affects the other jobs of this world.
test('news of capacity ends the wait after a stockout', async () => {
  const id = await prepared();
  const attemptId = await world.addAttempt(id);
  await world.store.attempts.end(attemptId, { kind: 'stockout', exitCode: null, message: 'none' }, new Date());
  expect(await decide(id, 1)).toMatchObject({ kind: 'wait' });
  await world.store.jobs.setSignals(id, { ...noSignals, newsAtMs: Date.now() + 1 });
  expect(await decide(id, 2)).toMatchObject({ kind: 'launch', attempt: 2 });
});
