import { describe, expect, test } from '@jest/globals';
import type { Cost } from '@artenic/core';
import fc from 'fast-check';
import { billedMs, costOfAttempt, costOfJob, priceOfTime, type BilledAttempt } from '../../../core/cost/cost.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 10, 23);
const at = (ms: number): Date => new Date(startMs + ms);
const longTime = fc.integer({ min: 0, max: 365 * 24 * hourMs });
const price = fc.integer({ min: 0, max: 1_000_000_000 });
const billing = fc.record({
  pricedAt: fc.constant(at(0).toISOString()),
  minimumSeconds: fc.integer({ min: 0, max: 3600 }),
  granularitySeconds: fc.oneof(fc.integer({ min: 1, max: 3600 }), fc.constant(0.001), fc.constant(0.1)),
});

const attempt = (changes: Partial<BilledAttempt> & { readonly price?: number } = {}): BilledAttempt => {
  const { price: priceUsdMicrosPerHour = 3_600_000, ...rest } = changes;
  return {
    offer: { priceUsdMicrosPerHour },
    ...{ billedFrom: at(0), billedUntil: at(60_000), handle: {}, helloAt: at(5000), endedAt: at(61_000) },
    ...{ launchTriedAt: at(-1000), terminationConfirmedAt: at(60_500) },
    ...rest,
  };
};
const cost = (changes: Parameters<typeof attempt>[0], nowMs = 0): Cost => costOfAttempt(attempt(changes), at(nowMs));

describe('billed time', () => {
  test('is the fewest whole granules that hold the time and the minimum', () => {
    fc.assert(
      fc.property(longTime, billing, (ranMs, row) => {
        const granuleMs = Math.round(row.granularitySeconds * 1000);
        const leastMs = Math.max(ranMs, row.minimumSeconds * 1000);
        const billed = billedMs(ranMs, row);
        expect(billed % granuleMs).toBe(0);
        expect(billed).toBeGreaterThanOrEqual(leastMs);
        expect(billed - granuleMs).toBeLessThan(leastMs);
      }),
    );
  });

  test('is the time itself where no price row says otherwise', () => {
    fc.assert(fc.property(longTime, (ranMs) => billedMs(ranMs, undefined) === ranMs));
  });
});

describe('the price of a time', () => {
  test('is exact in whole numbers, and less than a micro above what it is in fractions', () => {
    fc.assert(
      fc.property(price, longTime, (perHour, ms) => {
        const exact = BigInt(perHour) * BigInt(ms);
        const micros = BigInt(priceOfTime(perHour, ms)) * BigInt(hourMs);
        expect(micros >= exact && micros < exact + BigInt(hourMs)).toBe(true);
      }),
    );
  });

  test('never falls with time or price', () => {
    fc.assert(
      fc.property(price, price, longTime, longTime, (one, other, some, more) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const [short, long] = [Math.min(some, more), Math.max(some, more)];
        expect(priceOfTime(low, short)).toBeLessThanOrEqual(priceOfTime(high, long));
      }),
    );
  });

  test('of a year of a large machine is right to the micro', () => {
    expect(priceOfTime(55_040_001, 8760 * hourMs)).toBe(55_040_001 * 8760);
    expect(priceOfTime(1, hourMs + 1)).toBe(2);
  });
});

describe('the cost of an attempt', () => {
  test('is final with the provider’s two times, and then no clock of ours changes it', () => {
    fc.assert(
      fc.property(price, billing, longTime, longTime, longTime, (perHour, row, from, ranMs, nowMs) => {
        const offer = { priceUsdMicrosPerHour: perHour, billing: row };
        const times = { billedFrom: at(from), billedUntil: at(from + ranMs) };
        const found = cost({ offer, ...times, helloAt: at(nowMs), terminationConfirmedAt: null }, nowMs);
        expect(found).toEqual({ usdMicros: priceOfTime(perHour, billedMs(ranMs, row)), isFinal: true });
      }),
    );
  });

  test('is an estimate until now while it runs, and never more than its final one at that time', () => {
    const running = { billedUntil: null, endedAt: null, terminationConfirmedAt: null };
    fc.assert(
      fc.property(longTime, longTime, (ranMs, laterMs) => {
        const estimate = cost(running, ranMs);
        expect(estimate.isFinal).toBe(false);
        const final = cost({ billedUntil: at(ranMs + laterMs) });
        expect(estimate.usdMicros).toBeLessThanOrEqual(final.usdMicros);
      }),
    );
  });

  test('is nothing for one that was taken before it ran', () => {
    expect(cost({ billedFrom: null, helloAt: null })).toEqual({ usdMicros: 0, isFinal: true });
  });

  test('is nothing for one that was never launched, and an estimate as long as it may have been', () => {
    const never = { billedFrom: null, billedUntil: null, handle: null, helloAt: null };
    expect(cost({ ...never, launchTriedAt: null, terminationConfirmedAt: null })).toEqual({
      usdMicros: 0,
      isFinal: true,
    });
    expect(cost(never)).toEqual({ usdMicros: 0, isFinal: true });
    expect(cost({ ...never, terminationConfirmedAt: null })).toEqual({ usdMicros: 0, isFinal: false });
  });

  test('is estimated from the hello to the proof of its end when the provider has forgotten it', () => {
    const forgotten = { billedFrom: null, billedUntil: null, helloAt: at(0), terminationConfirmedAt: at(30_000) };
    expect(cost(forgotten, hourMs)).toEqual({ usdMicros: 30_000, isFinal: false });
  });

  test('goes on when it is settled and its instance is not gone', () => {
    const left = { billedUntil: null, terminationConfirmedAt: null };
    expect(cost(left, hourMs)).toEqual({ usdMicros: 3_600_000, isFinal: false });
  });

  test('is nothing below zero for clocks that disagree, and nothing at all for what is free', () => {
    expect(cost({ billedUntil: at(-1) }).usdMicros).toBe(0);
    expect(cost({ price: 0, billedUntil: null })).toEqual({ usdMicros: 0, isFinal: true });
  });
});

test('a job costs what its attempts cost, and is final when it has ended and all of them are', () => {
  const open = attempt({ billedUntil: null, endedAt: null, terminationConfirmedAt: null });
  expect(costOfJob([attempt(), attempt()], true, at(0))).toEqual({ usdMicros: 120_000, isFinal: true });
  expect(costOfJob([attempt()], false, at(0))).toEqual({ usdMicros: 60_000, isFinal: false });
  expect(costOfJob([attempt(), open], true, at(1000))).toEqual({ usdMicros: 61_000, isFinal: false });
  expect(costOfJob([], true, at(0))).toEqual({ usdMicros: 0, isFinal: true });
});
