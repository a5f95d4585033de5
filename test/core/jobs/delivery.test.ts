import { describe, expect, test } from '@jest/globals';
import {
  deliveryGraceMsOf,
  deliveryStallMs,
  deliveryStateOf,
  type DeliveryFacts,
} from '../../../core/jobs/delivery.ts';

const nowMs = 10_000_000;
const bare: DeliveryFacts = {
  ...{ movedAtMs: nowMs, deliveredAtMs: null, sinceMs: nowMs - 1000, graceMs: 3_600_000, nowMs },
  uptime: { goodSinceMs: 0, goodUntilMs: nowMs },
};
const stateOf = (facts: Partial<DeliveryFacts>) => deliveryStateOf({ ...bare, ...facts });

describe('a delivery', () => {
  test('is none while the command runs, and done when its runner has said so, whatever the time', () => {
    expect(stateOf({ movedAtMs: null })).toBe('none');
    for (const movedAtMs of [null, 0, nowMs])
      expect(stateOf({ movedAtMs, deliveredAtMs: nowMs, sinceMs: 0 })).toBe('delivered');
  });

  test('is under way until it has not moved for its limit', () => {
    expect(stateOf({ movedAtMs: nowMs - deliveryStallMs + 1 })).toBe('under-way');
    expect(stateOf({ movedAtMs: nowMs - deliveryStallMs })).toBe('stalled');
    expect(stateOf({ movedAtMs: nowMs - deliveryStallMs, uptime: null })).toBe('stalled');
  });

  test('has until the end of the bound that its job sets, also while it moves', () => {
    expect(stateOf({ sinceMs: nowMs - 3_600_000 + 1 })).toBe('under-way');
    expect(stateOf({ sinceMs: nowMs - 3_600_000 })).toBe('overdue');
    expect(stateOf({ graceMs: 0, sinceMs: nowMs })).toBe('overdue');
  });

  test('is not taken for stalled by an outage of the API, in which no heartbeat could arrive', () => {
    const movedAtMs = nowMs - 2 * deliveryStallMs;
    expect(stateOf({ movedAtMs, uptime: { goodSinceMs: nowMs - 5000, goodUntilMs: nowMs } })).toBe('under-way');
    expect(stateOf({ movedAtMs, uptime: { goodSinceMs: 0, goodUntilMs: movedAtMs + 5000 } })).toBe('under-way');
    const backFor = { goodSinceMs: nowMs - deliveryStallMs, goodUntilMs: nowMs };
    expect(stateOf({ movedAtMs, uptime: backFor })).toBe('stalled');
  });
});

test('a job that was submitted before the field existed has the usual bound', () => {
  expect(deliveryGraceMsOf({})).toBe(3_600_000);
  expect(deliveryGraceMsOf({ deliveryGraceSeconds: 0 })).toBe(0);
});
