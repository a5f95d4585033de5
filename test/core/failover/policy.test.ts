import { describe, expect, test } from '@jest/globals';
import type { AttemptEnding, AttemptEndingKind } from '@artenic/core';
import { attemptEndingKinds } from '@artenic/core';
import fc from 'fast-check';
import { blockedUntilMs } from '../../../core/failover/blocking.ts';
import { isFinal } from '../../../core/jobs/endings.ts';
import { policyFor } from '../../../core/failover/policy.ts';
import type {
  EndedAttempt,
  FailoverAction,
  FailoverState,
  Offer,
  PlacementMode,
} from '../../../core/failover/types.ts';
import { failoverState } from '../../support/failover-state.ts';

const nowMs = 1_000_000_000;
const offerA: Offer = { provider: 'a', region: 'r', instanceType: 'small', spot: false, priceUsdMicrosPerHour: 1 };
const offerB: Offer = { ...offerA, instanceType: 'large', priceUsdMicrosPerHour: 2 };
const offerC: Offer = { ...offerA, spot: true };

type Past = {
  readonly kind: AttemptEndingKind;
  readonly exitCode?: number;
  readonly ranMs?: number;
  readonly offer?: Offer;
  /** Time since the attempt's end. */
  readonly agoMs?: number;
};

function past(...list: Past[]): EndedAttempt[] {
  return list.map(({ kind, exitCode, ranMs, offer, agoMs }, index) => ({
    attempt: index + 1,
    offer: offer ?? offerA,
    ending: { kind, exitCode: exitCode ?? null, message: `told ${kind}` } satisfies AttemptEnding,
    ranMs: ranMs ?? 60_000,
    endedAtMs: nowMs - (agoMs ?? 0),
  }));
}

const bare: Omit<FailoverState, 'endings' | 'ruledOut' | 'launchRefusals'> = {
  ...{ attempts: [], openAttempts: [], offers: [offerA, offerB], heard: [], refusals: [], createdAtMs: nowMs },
  ...{ cancelRequested: false, retryOnExitCodes: [], stopAtMs: null, nowMs },
};

function decide(state: Partial<FailoverState> = {}, mode: PlacementMode = 'spot-with-fallback'): FailoverAction {
  return policyFor(mode).decide(failoverState({ ...bare, ...state }));
}

describe('the beginning', () => {
  test('the first offer', () => {
    expect(decide()).toEqual({ kind: 'launch', attempt: 1, offer: offerA, step: 'first', reason: 'first attempt' });
  });
  test('no offer', () => {
    expect(decide({ offers: [] })).toMatchObject({ kind: 'finish', state: 'failed', attempt: null });
  });
  test('cancelled before it started', () => {
    expect(decide({ cancelRequested: true })).toMatchObject({ kind: 'finish', state: 'cancelled', attempt: null });
  });
  test('an attempt without an end is taken over under its own number, also to be cancelled', () => {
    const openAttempts = [{ attempt: 3, offer: offerB, isWatched: false, noticedAtMs: null, isDone: false, ranMs: 0 }];
    const expected = {
      ...{ kind: 'launch', attempt: 3, offer: offerB, step: 'taken-over', reason: 'taken over', takeOver: true },
    };
    expect(decide({ openAttempts, attempts: past({ kind: 'lost' }, { kind: 'lost' }) })).toEqual(expected);
    expect(decide({ openAttempts, cancelRequested: true })).toEqual(expected);
  });
});

describe('endings that are the last word', () => {
  test.each([
    ['succeeded', 'succeeded'],
    ['cancelled', 'cancelled'],
    ['timed-out', 'timed-out'],
    ['setup-failed', 'failed'],
    ['failed', 'failed'],
  ] as const)('%s → %s', (kind, state) => {
    expect(decide({ attempts: past({ kind }) })).toEqual({ kind: 'finish', state, attempt: 1, reason: `told ${kind}` });
  });
  test('a success says so, also when the runner had nothing to say', () => {
    const [first] = past({ kind: 'succeeded' });
    const attempts = first === undefined ? [] : [{ ...first, ending: { ...first.ending, message: '' } }];
    expect(decide({ attempts })).toMatchObject({ reason: 'The training is done.' });
  });
  test('exit codes are named', () => {
    expect(decide({ attempts: past({ kind: 'failed', exitCode: 3 }) })).toMatchObject({
      reason: 'The command exited with code 3: told failed',
    });
    expect(decide({ attempts: past({ kind: 'setup-failed', exitCode: 2 }) })).toMatchObject({
      reason: 'The setup exited with code 2: told setup-failed',
    });
  });
  test('a message that names its exit code is not doubled', () => {
    const [first] = past({ kind: 'failed', exitCode: 3 });
    const attempts = first === undefined ? [] : [{ ...first, ending: { ...first.ending, message: 'Exit code 3.' } }];
    expect(decide({ attempts })).toMatchObject({ reason: 'Exit code 3.' });
  });
  test('an ending that nobody knows is a bug, not a decision', () => {
    expect(() => decide({ attempts: past({ kind: 'unheard-of' as AttemptEndingKind }) })).toThrow('unexpected value');
  });
  test('a cancel ends everything but a success', () => {
    for (const kind of attemptEndingKinds) {
      const state = kind === 'succeeded' ? 'succeeded' : 'cancelled';
      expect(decide({ attempts: past({ kind }), cancelRequested: true })).toMatchObject({ kind: 'finish', state });
    }
  });
});

describe('again', () => {
  test.each([
    ['killed', 'killed'],
    ['lost', 'instance stopped responding'],
    ['preempted', 'preempted'],
  ] as const)('%s → the same offer, at once', (kind, cause) => {
    expect(decide({ attempts: past({ kind: 'stockout' }, { kind, offer: offerB }) })).toEqual({
      kind: 'launch',
      attempt: 3,
      offer: offerB,
      step: 'same-offer',
      reason: `retry (${cause} in ${offerB.zone ?? offerB.region})`,
    });
  });

  test('an exit code of `retryOnExitCodes`, ten times', () => {
    const failed: Past = { kind: 'failed', exitCode: 75 };
    const retryOnExitCodes = [75];
    expect(decide({ retryOnExitCodes, attempts: past(failed) })).toMatchObject({ kind: 'launch', attempt: 2 });
    expect(decide({ retryOnExitCodes, attempts: past(failed, { kind: 'failed', exitCode: 1 }) })).toMatchObject({
      kind: 'finish',
      state: 'failed',
    });
    const ten = Array.from({ length: 10 }, () => failed);
    expect(decide({ retryOnExitCodes, attempts: past(...ten) })).toMatchObject({ kind: 'launch', attempt: 11 });
    const last = decide({ retryOnExitCodes, attempts: past(...ten, failed) });
    expect(last).toMatchObject({ kind: 'finish', state: 'failed', attempt: 11 });
    expect(last.reason).toContain('10 times');
  });

  test('waits grow while attempts stay short', () => {
    const quick: Past = { kind: 'failed', exitCode: 75, ranMs: 100 };
    const waits = Array.from({ length: 10 }, (_, index) => {
      const attempts = past(...Array.from({ length: index + 1 }, () => quick));
      const action = decide({ attempts, retryOnExitCodes: [75] });
      return action.kind === 'wait' ? action.waitMs : 0;
    });
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test('after the wait it launches, also when the timer came a little early', () => {
    const attempts = past(...Array.from({ length: 4 }, () => ({ kind: 'preempted', ranMs: 5 }) as const));
    expect(decide({ attempts })).toMatchObject({ kind: 'wait', waitMs: 4000 });
    expect(decide({ attempts, nowMs: nowMs + 3000 })).toMatchObject({ kind: 'wait', waitMs: 1000 });
    expect(decide({ attempts, nowMs: nowMs + 3900 })).toMatchObject({ kind: 'launch', attempt: 5 });
    // A clock that went back must not lengthen the wait.
    expect(decide({ attempts, nowMs: nowMs - 3_600_000 })).toMatchObject({ kind: 'wait', waitMs: 4000 });
  });

  test('three quick interruptions in a row end it, with advice', () => {
    const quick = (kind: AttemptEndingKind): Past => ({ kind, ranMs: 9999 });
    expect(decide({ attempts: past(quick('killed'), quick('killed')) })).toMatchObject({ kind: 'wait' });
    const killed = decide({ attempts: past(quick('killed'), quick('lost'), quick('killed')) });
    expect(killed).toMatchObject({ kind: 'finish', state: 'failed' });
    expect(killed.reason).toContain('memory');
    const lost = decide({ attempts: past(quick('lost'), quick('lost'), quick('lost')) });
    expect(lost.reason).toContain('runner');
    expect(decide({ attempts: past(quick('lost'), { kind: 'lost' }, quick('lost'), quick('lost')) })).toMatchObject({
      kind: 'wait',
    });
  });

  test('three machines in a row that never said hello end it, with advice', () => {
    const ends = (...evidence: (AttemptEnding['evidence'] & string)[]) =>
      past(...evidence.map((): Past => ({ kind: 'lost' }))).map((one, index) => ({
        ...one,
        ending: { ...one.ending, ...(evidence[index] === undefined ? {} : { evidence: evidence[index] }) },
      }));
    expect(decide({ attempts: ends('never-spoke', 'never-spoke') })).toMatchObject({ kind: 'launch' });
    expect(decide({ attempts: ends('never-spoke', 'fell-silent', 'never-spoke') })).toMatchObject({ kind: 'launch' });
    const ended = decide({ attempts: ends('fell-silent', 'never-spoke', 'never-spoke', 'never-spoke') });
    expect(ended).toMatchObject({ kind: 'finish', state: 'failed', attempt: 4 });
    expect(ended.kind === 'finish' && ended.reason).toMatch(/3 machines in a row .* of a can reach the API/);
  });
  test('twenty interruptions in all end it', () => {
    const many = (count: number) => past(...Array.from({ length: count }, () => ({ kind: 'lost' }) as const));
    expect(decide({ attempts: many(19) })).toMatchObject({ kind: 'launch', attempt: 20 });
    expect(decide({ attempts: many(20) })).toMatchObject({ kind: 'finish', state: 'failed', attempt: 20 });
  });

  test('not after `maxHours`, and no wait goes beyond it', () => {
    const quick: Past = { kind: 'preempted', ranMs: 5 };
    const attempts = past(quick, quick, quick, quick);
    expect(decide({ attempts, stopAtMs: nowMs })).toMatchObject({ kind: 'finish', state: 'timed-out', attempt: 4 });
    expect(decide({ attempts, stopAtMs: nowMs + 1500 })).toMatchObject({ kind: 'wait', waitMs: 1500 });
    expect(decide({ attempts, stopAtMs: nowMs + 9000 })).toMatchObject({ kind: 'wait', waitMs: 4000 });
    // The attempt's own ending takes precedence over the clock.
    expect(decide({ attempts: past({ kind: 'failed' }), stopAtMs: nowMs })).toMatchObject({ state: 'failed' });
  });
});

const place = (zone: string, changes: Partial<Offer> = {}): Offer => ({
  ...{ provider: 'a', region: 'r', zone, instanceType: 'p5.large', spot: true, priceUsdMicrosPerHour: 100 },
  ...changes,
});
const [zoneA, zoneB] = [place('z-a'), place('z-b')];
const otherRegion = place('y-a', { region: 'y', priceUsdMicrosPerHour: 120 });
const otherProvider = place('x-a', { provider: 'b', region: 'x', priceUsdMicrosPerHour: 130 });
const onDemand = place('z-a', { spot: false, priceUsdMicrosPerHour: 300 });
const market = [zoneA, zoneB, otherRegion, otherProvider, onDemand];
const refused = (kind: AttemptEndingKind, offer: Offer, agoMs = 0): Past => ({ kind, offer, ranMs: 0, agoMs });

describe('capacity', () => {
  const out = (offer: Offer, agoMs = 0) => refused('stockout', offer, agoMs);

  test('next zone, region, provider, then on-demand, then a wait; each step has its name', () => {
    const way = [
      [zoneB, 'next-zone'],
      [otherRegion, 'next-region'],
      [otherProvider, 'next-provider'],
      [onDemand, 'on-demand'],
    ] as const;
    const tried = [out(zoneA)];
    for (const [offer, step] of way) {
      expect(decide({ offers: market, attempts: past(...tried) })).toMatchObject({ kind: 'launch', offer, step });
      tried.push(out(offer));
    }
    expect(decide({ offers: market, attempts: past(...tried) })).toMatchObject({ kind: 'wait', waitMs: 30_000 });
  });

  test('each market takes its own offers only', () => {
    const attempts = past(out(zoneA), out(zoneB), out(otherRegion), out(otherProvider));
    expect(decide({ offers: market, attempts }, 'spot')).toMatchObject({ kind: 'wait' });
    expect(decide({ offers: market, attempts }, 'spot-with-fallback')).toMatchObject({ offer: onDemand });
    expect(decide({ offers: market }, 'on-demand')).toMatchObject({ offer: onDemand, step: 'first' });
    expect(decide({ offers: [onDemand] }, 'spot')).toMatchObject({ kind: 'finish', state: 'failed' });
  });

  test('an offer cools down the longer the more often it was refused in a row', () => {
    const waits = Array.from({ length: 7 }, (_, index) => {
      const attempts = past(...Array.from({ length: index + 1 }, () => out(zoneA)));
      const action = decide({ offers: [zoneA], attempts });
      return action.kind === 'wait' ? action.waitMs : 0;
    });
    expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
    expect(decide({ offers: [zoneA], attempts: past(out(zoneA, 30_000)) })).toMatchObject({ step: 'same-offer' });
    const ran = past(out(zoneA), out(zoneA), { kind: 'lost', offer: zoneA }, out(zoneA));
    expect(decide({ offers: [zoneA], attempts: ran })).toMatchObject({ kind: 'wait', waitMs: 30_000 });
  });

  test('quota blocks its family on that market in that region, and for longer than a stockout', () => {
    const large = place('z-b', { instanceType: 'p5.48xlarge', priceUsdMicrosPerHour: 50 });
    const otherFamily = place('z-b', { instanceType: 'g6.xlarge', priceUsdMicrosPerHour: 400 });
    const offers = [large, zoneA, zoneB, otherFamily, otherRegion];
    const attempts = past(refused('quota', zoneA));
    expect(decide({ offers, attempts })).toMatchObject({ offer: otherRegion });
    expect(decide({ offers: [zoneA, otherFamily], attempts })).toMatchObject({ offer: otherFamily });
    expect(decide({ offers: [zoneA, onDemand], attempts })).toMatchObject({ offer: onDemand });
    expect(decide({ offers: [zoneA, zoneB], attempts })).toMatchObject({ kind: 'wait', waitMs: 120_000 });
  });

  test('what other jobs have heard counts too, but only once', () => {
    const heard = [0, 1, 2].map(() => ({ kind: 'stockout' as const, offer: zoneA, atMs: nowMs - 10_000 }));
    expect(decide({ offers: market, heard })).toMatchObject({ offer: zoneB, step: 'first' });
    expect(decide({ offers: [zoneA], heard })).toMatchObject({ kind: 'wait', waitMs: 20_000 });
    expect(decide({ offers: [zoneA], heard, nowMs: nowMs + 20_000 })).toMatchObject({ kind: 'launch' });
  });

  test('an offer that is no longer listed is tried again after a wait', () => {
    expect(decide({ offers: [], attempts: past(out(zoneA)) })).toMatchObject({ kind: 'wait', waitMs: 30_000 });
    expect(decide({ offers: [], attempts: past(out(zoneA, 30_000)) })).toMatchObject({ offer: zoneA });
  });
});

describe('a spot machine that is taken back', () => {
  const taken = (offer: Offer, agoMs = 0): Past => ({ kind: 'preempted', offer, agoMs });

  test('its place counts for twice its price for ten minutes', () => {
    expect(decide({ offers: market, attempts: past(taken(zoneA)) })).toMatchObject({ offer: zoneB, step: 'next-zone' });
    const all = [zoneA, zoneB, otherRegion, otherProvider].map((offer) => taken(offer));
    expect(decide({ offers: market, attempts: past(...all) })).toMatchObject({ offer: zoneA });
    expect(decide({ offers: market, attempts: past(taken(zoneA, 600_000)) })).toMatchObject({ step: 'same-offer' });
    expect(decide({ offers: [zoneA, onDemand], attempts: past(taken(zoneA)) })).toMatchObject({ offer: zoneA });
    const cheap = { ...onDemand, priceUsdMicrosPerHour: 190 };
    expect(decide({ offers: [zoneA, cheap], attempts: past(taken(zoneA)) })).toMatchObject({ offer: cheap });
  });

  test('on-demand machines are simply started again', () => {
    const attempts = past({ kind: 'preempted', offer: onDemand });
    expect(decide({ offers: market, attempts })).toMatchObject({ offer: onDemand, step: 'same-offer' });
  });

  test('a thousand times end it', () => {
    const many = (count: number) => past(...Array.from({ length: count }, () => taken(zoneA)));
    expect(decide({ offers: market, attempts: many(999) })).toMatchObject({ kind: 'launch' });
    expect(decide({ offers: market, attempts: many(1000) })).toMatchObject({ kind: 'finish', state: 'failed' });
  });
});

describe('a provider that refuses', () => {
  test('credentials: other providers go on, else the job is paused and not failed', () => {
    const attempts = past(refused('unauthorized', zoneA));
    expect(decide({ offers: market, attempts })).toMatchObject({ offer: otherProvider, step: 'next-provider' });
    const refusals = [{ provider: 'a', type: 'auth', message: 'The key has expired.' }];
    for (const done of [attempts, []]) {
      const action = decide({ offers: [], refusals, attempts: done });
      expect(action).toMatchObject({ kind: 'wait', waitMs: 5000 });
      expect(action.reason).toContain('The key has expired.');
      expect(action.reason).toContain('Renew the credentials of a');
    }
    const later = decide({ offers: [], refusals, createdAtMs: nowMs - 86_400_000 });
    expect(later).toMatchObject({ kind: 'wait', waitMs: 300_000 });
  });

  test('a provider that does not answer is left alone for a minute', () => {
    const attempts = past(refused('unavailable', zoneA));
    expect(decide({ offers: market, attempts })).toMatchObject({ offer: otherProvider });
    expect(decide({ offers: [zoneA, zoneB], attempts })).toMatchObject({ kind: 'wait', waitMs: 60_000 });
  });

  test('what it refuses as it is, it is not asked again; three such refusals end the job', () => {
    const wrong = (offer: Offer) => refused('launch-failed', offer);
    expect(decide({ offers: [zoneA], attempts: past(wrong(zoneA)) })).toMatchObject({ state: 'failed' });
    expect(decide({ offers: market, attempts: past(wrong(zoneA)) })).toMatchObject({ offer: zoneB });
    const three = past(wrong(zoneA), wrong(zoneB), wrong(otherRegion));
    expect(decide({ offers: market, attempts: three })).toMatchObject({
      kind: 'finish',
      state: 'failed',
      reason: 'told launch-failed',
    });
  });

  test('an unusable request is the end where nothing is offered', () => {
    const refusals = [{ provider: 'a', type: 'invalid-request', message: 'No such region.' }];
    expect(decide({ offers: [], refusals })).toMatchObject({ kind: 'finish', state: 'failed' });
  });
});

describe('whatever happens', () => {
  const anyPast = fc.array(
    fc.record({
      kind: fc.constantFrom(...attemptEndingKinds),
      exitCode: fc.integer({ min: 0, max: 4 }),
      ranMs: fc.integer({ min: 0, max: 30_000 }),
      offer: fc.constantFrom(offerA, offerB, offerC, ...market),
      agoMs: fc.integer({ min: 0, max: 700_000 }),
    }),
    { maxLength: 30 },
  );
  const anyOffers = fc.subarray([offerA, offerB, offerC, ...market]);
  const anyMode = fc.constantFrom<PlacementMode>('spot', 'on-demand', 'spot-with-fallback');

  test('numbers rise by one, waits are bounded, a success is never thrown away', () => {
    fc.assert(
      fc.property(
        anyPast,
        anyOffers,
        fc.boolean(),
        fc.option(fc.integer({ min: -60_000, max: 3_600_000 })),
        anyMode,
        (list, offers, cancelRequested, stopInMs, mode) => {
          const attempts = past(...list);
          const stopAtMs = stopInMs === null ? null : nowMs + stopInMs;
          const state = { attempts, offers, cancelRequested, stopAtMs, retryOnExitCodes: [1, 2] };
          const action = decide(state, mode);
          expect(decide(state, mode)).toEqual(action);
          if (attempts.some(({ ending }) => ending.kind === 'succeeded')) {
            expect(action).toMatchObject({ kind: 'finish', state: 'succeeded' });
          }
          if (cancelRequested) expect(action.kind).toBe('finish');
          if (action.kind === 'launch') {
            expect(action.attempt).toBe(attempts.length + 1);
            const whole = failoverState({ ...bare, ...state });
            expect(blockedUntilMs(action.offer, whole)).toBeLessThanOrEqual(nowMs + 250);
            const isListed = offers.includes(action.offer);
            if (isListed && mode !== 'spot-with-fallback' && action.offer !== attempts.at(-1)?.offer) {
              expect(action.offer.spot).toBe(mode === 'spot');
            }
          }
          if (action.kind === 'wait') {
            expect(action.waitMs).toBeGreaterThan(0);
            expect(action.waitMs).toBeLessThanOrEqual(3_600_000);
          }
          if (action.kind === 'finish') {
            const done = attempts.find(({ ending }) => ending.kind === 'succeeded');
            const last = done ?? attempts.find((one) => isFinal(one, state)) ?? attempts.at(-1);
            expect(action.attempt).toBe(last?.attempt ?? null);
          }
          expect(action.reason).not.toBe('');
        },
      ),
    );
  });

  test('a job that only ever fails comes to an end', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(
          fc.record({
            kind: fc.constantFrom('failed', 'killed', 'lost', 'setup-failed', 'launch-failed', 'timed-out'),
            ranMs: fc.integer({ min: 0, max: 30_000 }),
          }),
        ),
        (stream) => {
          const attempts: EndedAttempt[] = [];
          let clockMs = nowMs;
          for (let step = 0; step < 200; step++) {
            const action = decide({ attempts, nowMs: clockMs, retryOnExitCodes: [7] });
            if (action.kind === 'finish') return;
            if (action.kind === 'watch' || action.kind === 'replace') throw new Error('there is nothing to watch');
            if (action.kind === 'wait') {
              clockMs += action.waitMs;
              continue;
            }
            // Each number is launched once: the list has no gap and no duplicate.
            expect(action.attempt).toBe(attempts.length + 1);
            const next = stream.next().value;
            clockMs += next.ranMs;
            attempts.push({
              attempt: action.attempt,
              offer: action.offer,
              ending: { kind: next.kind, exitCode: next.kind === 'failed' ? 7 : null, message: 'no luck' },
              ranMs: next.ranMs,
              endedAtMs: clockMs,
            });
          }
          throw new Error('still going after 200 steps');
        },
      ),
    );
  });
});
