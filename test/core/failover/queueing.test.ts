import { describe, expect, test } from '@jest/globals';
import { policyFor } from '../../../core/failover/policy.ts';
import type { EndedAttempt, FailoverState, Offer, ProviderQueue } from '../../../core/failover/types.ts';
import { failoverState } from '../../support/failover-state.ts';

const nowMs = 1_000_000_000;
const offer = (provider: string, priceUsdMicrosPerHour: number): Offer => ({
  ...{ provider, region: provider, instanceType: 'type', spot: false, priceUsdMicrosPerHour },
});
const [local, paid, dear] = [offer('local', 0), offer('paid', 100), offer('dear', 200)] as const;
const queue = (provider: string, ahead: number): ProviderQueue => ({ provider, ahead, hasRoom: ahead === 0 });
const decide = (changes: Partial<FailoverState>) =>
  policyFor('on-demand').decide(
    failoverState({
      ...{
        attempts: [],
        openAttempts: [],
        offers: [local, paid, dear],
        refusals: [],
        heard: [],
        createdAtMs: nowMs,
        nowMs,
      },
      ...{ cancelRequested: false, retryOnExitCodes: [], stopAtMs: null },
      ...changes,
    }),
  );
const ended = (one: Offer, kind: EndedAttempt['ending']['kind']): EndedAttempt => ({
  ...{ attempt: 1, offer: one, ranMs: 60_000, endedAtMs: nowMs },
  ending: { kind, exitCode: null, message: kind },
});

describe('a provider whose machines are counted', () => {
  test('goes first while it has room', () => {
    expect(decide({ queues: [queue('local', 0)] })).toMatchObject({ offer: local, reason: 'first attempt' });
    expect(decide({})).toMatchObject({ offer: local });
  });

  test('is passed over for what starts now, the cheapest of that, and the reason says so', () => {
    expect(decide({ queues: [queue('local', 3)] })).toMatchObject({
      offer: paid,
      reason: 'first attempt; local has no room now, 3 are ahead',
    });
    const full = { provider: 'local', ahead: 0, hasRoom: false };
    expect(decide({ queues: [full] })).toMatchObject({ reason: 'first attempt; local has no room now' });
  });

  test('is waited for when nothing else starts now', () => {
    expect(decide({ offers: [local], queues: [queue('local', 3)] })).toMatchObject({ kind: 'launch', offer: local });
    const attempts = [ended(paid, 'stockout')];
    const action = decide({ offers: [local, paid], attempts, queues: [queue('local', 3)] });
    expect(action).toMatchObject({ kind: 'launch', offer: local });
    expect(decide({ queues: [queue('local', 1), queue('paid', 1), queue('dear', 1)] })).toMatchObject({ offer: local });
  });

  test('is left after an attempt was lost there, when others have taken its place', () => {
    const attempts = [ended(local, 'lost')];
    expect(decide({ attempts, queues: [queue('local', 0)] })).toMatchObject({ offer: local, step: 'same-offer' });
    expect(decide({ attempts, queues: [queue('local', 2)] })).toMatchObject({ offer: paid, step: 'next-provider' });
  });
});
