import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  admit,
  batchesAtOnce,
  batchSize,
  expectedJobsAfter,
  flushDelayMs,
  hostsForCores,
  isolate,
  runBudgetMs,
  wantsHost,
} from '../../serving/queue/batching.ts';
import { evictionsFor } from '../../serving/queue/eviction.ts';
import { RecentRuns } from '../../serving/hosts/recent-runs.ts';

const policy = { maxRows: 32, maxDelayMs: 2 };
const time = fc.double({ min: 0, max: 1e5, noNaN: true });
const state = fc
  .record({
    nowMs: time,
    ageMs: fc.double({ min: 0, max: 10, noNaN: true }),
    leftMs: fc.double({ min: -10, max: 1e4, noNaN: true }),
    rows: fc.integer({ min: 1, max: 100 }),
    jobs: fc.integer({ min: 1, max: 100 }),
    expectedJobs: fc.double({ min: 1, max: 200, noNaN: true }),
    runMs: fc.double({ min: 0, max: 1000, noNaN: true }),
  })
  .map(({ nowMs, ageMs, leftMs, ...rest }) => ({
    ...rest,
    nowMs,
    oldestArrivalMs: nowMs - ageMs,
    oldestDeadlineMs: nowMs + leftMs,
  }));

describe('when a batch goes', () => {
  test('never waits longer than the policy, nor past the last moment for the oldest deadline', () => {
    fc.assert(
      fc.property(state, (queue) => {
        const delay = flushDelayMs(queue, policy);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(policy.maxDelayMs + 1e-9);
        if (delay > 0) expect(queue.nowMs + delay + queue.runMs).toBeLessThanOrEqual(queue.oldestDeadlineMs + 1e-6);
      }),
    );
  });

  test('goes at once when it is full, or when all who ask lately are in it', () => {
    fc.assert(
      fc.property(state, (queue) => {
        expect(flushDelayMs({ ...queue, rows: 32 }, policy)).toBe(0);
        expect(flushDelayMs({ ...queue, expectedJobs: queue.jobs }, policy)).toBe(0);
      }),
    );
    const alone = { nowMs: 5, rows: 1, jobs: 1, oldestArrivalMs: 5, oldestDeadlineMs: 1000, runMs: 1, expectedJobs: 1 };
    expect(flushDelayMs(alone, policy)).toBe(0);
    expect(flushDelayMs({ ...alone, expectedJobs: 8 }, policy)).toBe(2);
  });

  test('expects at least those who are there, and forgets those who went', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 500 }), (before, now) => {
        let expected = before;
        for (let count = 0; count < 40; count++) {
          expected = expectedJobsAfter(expected, now);
          expect(expected).toBeGreaterThanOrEqual(Math.max(1, now));
        }
        expect(expected).toBeLessThan(Math.max(1, now) + 1);
      }),
    );
  });
});

const jobs = fc.array(fc.record({ rows: fc.integer({ min: 1, max: 40 }), key: fc.constantFrom('a', 'b', null) }), {
  maxLength: 60,
});

test('batches hold every job once, in order, of one key, within the limit unless one alone is larger', () => {
  fc.assert(
    fc.property(jobs, (queue) => {
      const left = [...queue];
      const seen: (typeof queue)[number][] = [];
      while (left.length > 0) {
        const batch = left.splice(0, batchSize(left, 32));
        expect(batch.length).toBeGreaterThan(0);
        if (batch.length > 1) {
          expect(new Set(batch.map(({ key }) => key)).size).toBe(1);
          expect(batch[0]?.key).not.toBeNull();
          expect(batch.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(32);
        }
        seen.push(...batch);
      }
      expect(seen).toEqual(queue);
    }),
  );
});

describe('admission', () => {
  const load = fc.record({
    batchesAhead: fc.integer({ min: 0, max: 1000 }),
    hosts: fc.integer({ min: 0, max: 8 }),
    runMs: fc.double({ min: 0, max: 1000, noNaN: true }),
    remainingMs: fc.double({ min: 0, max: 20_000, noNaN: true }),
  });

  test('lets in exactly those who can be answered in time, and tells the others when', () => {
    fc.assert(
      fc.property(load, (given) => {
        const answer = admit(given);
        if (answer.admitted) return;
        expect(answer.retryAfterMs).toBeGreaterThan(0);
        expect(admit({ ...given, remainingMs: given.remainingMs + answer.retryAfterMs + 1e-6 }).admitted).toBe(true);
        expect(admit({ ...given, batchesAhead: given.batchesAhead + 1 }).admitted).toBe(false);
        expect(admit({ ...given, runMs: 0 }).admitted).toBe(true);
      }),
    );
  });
});

describe('bisection', () => {
  class Poison extends Error {}
  const isPoison = (error: unknown): error is Error => error instanceof Poison;

  test('the poisoned fail alone, the others are answered in order, within the promised number of runs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 64 }), async (poisoned) => {
        const items = poisoned.map((isBad, index) => ({ isBad, index }));
        const bad = poisoned.filter(Boolean).length;
        let runs = 0;
        const outcomes = await isolate(
          items,
          async (some) => {
            runs++;
            if (some.some(({ isBad }) => isBad)) throw new Poison();
            return some.map(({ index }) => index * 2);
          },
          isPoison,
        );
        expect(outcomes.map(({ error }) => error !== null)).toEqual(poisoned);
        for (const [index, { answer, error }] of outcomes.entries()) if (error === null) expect(answer).toBe(index * 2);
        expect(runs).toBeLessThanOrEqual(1 + 2 * bad * Math.ceil(Math.log2(items.length)));
      }),
    );
  });

  test('a fault that is nobody’s ends it', async () => {
    const run = () => Promise.reject(new Error('disk'));
    await expect(isolate([1, 2, 3], run, isPoison)).rejects.toThrow('disk');
  });

  test('the time for all halves of a batch is within the deadline', () => {
    for (const jobsOfBatch of [2, 3, 8, 32]) {
      let spent = 0;
      for (let size = jobsOfBatch; size > 1; size = Math.ceil(size / 2)) spent += runBudgetMs(size, jobsOfBatch, 1000);
      expect(spent).toBeLessThanOrEqual(1000 * 1.2);
      expect(runBudgetMs(jobsOfBatch, jobsOfBatch, 1000)).toBe(500);
    }
    expect(runBudgetMs(1, 32, 1000)).toBe(1000);
  });
});

describe('processes', () => {
  test('one more only when a whole batch waits and nobody is free', () => {
    const pool = { hosts: 1, freeHosts: 0, maxHosts: 2, waitingRows: 32, maxRows: 32 };
    expect(wantsHost(pool)).toBe(true);
    for (const change of [{ freeHosts: 1 }, { hosts: 2 }, { waitingRows: 31 }])
      expect(wantsHost({ ...pool, ...change })).toBe(false);
    expect(wantsHost({ ...pool, hosts: 0, waitingRows: 1 })).toBe(true);
    expect(wantsHost({ ...pool, hosts: 0, waitingRows: 0 })).toBe(false);
  });

  test('the last core is left to the API, except for models whose runs are long', () => {
    expect([1, 2, 4].map((cores) => hostsForCores(cores, 1))).toEqual([1, 1, 3]);
    expect([1, 2, 4].map((cores) => hostsForCores(cores, null))).toEqual([1, 1, 3]);
    expect([1, 2, 4].map((cores) => hostsForCores(cores, 10))).toEqual([1, 2, 4]);
  });

  test('how long short runs are is told by the one in the middle, when there have been 63', () => {
    const runs = new RecentRuns();
    for (let run = 0; run < 62; run++) runs.add(run % 3 === 0 ? 9 : 1);
    expect(runs.medianMs).toBeNull();
    runs.add(1);
    expect(runs.medianMs).toBe(1);
    for (let run = 0; run < 32; run++) runs.add(10);
    expect(runs.medianMs).toBe(10);
  });

  test('of long runs five are enough', () => {
    const runs = new RecentRuns();
    for (let run = 0; run < 4; run++) runs.add(100);
    expect(runs.medianMs).toBeNull();
    runs.add(90);
    expect(runs.medianMs).toBe(100);
  });

  test('a second batch is sent ahead only when it is full and the runs are short', () => {
    expect(batchesAtOnce({ rows: 32, runMs: 1 }, 32)).toBe(2);
    for (const queue of [
      { rows: 31, runMs: 1 },
      { rows: 32, runMs: 0 },
      { rows: 32, runMs: 21 },
    ])
      expect(batchesAtOnce(queue, 32)).toBe(1);
  });

  const residents = fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      lastUsed: fc.integer({ min: 0, max: 1000 }),
      isIdle: fc.boolean(),
      hosts: fc.integer({ min: 0, max: 4 }),
      bytes: fc.integer({ min: 0, max: 1000 }),
    }),
    { selector: ({ id }) => id, maxLength: 12 },
  );

  test('eviction: idle ones only, least recently used first, no more than needed, never over the caps', () => {
    const capacity = { maxHosts: 8, maxBytes: 2000 };
    const wanted = { id: 'wanted', bytes: 100 };
    fc.assert(
      fc.property(residents, (all) => {
        const evicted = evictionsFor(all, wanted, capacity);
        const fits = (gone: readonly string[]) => {
          const left = all.filter(({ id }) => !gone.includes(id));
          const hosts = left.reduce((sum, one) => sum + one.hosts, 0) + 1;
          const bytes = left.reduce((sum, one) => sum + one.bytes, 0) + wanted.bytes;
          return hosts <= capacity.maxHosts && (bytes <= capacity.maxBytes || hosts === 1);
        };
        const candidates = all
          .filter(({ isIdle, hosts }) => isIdle && hosts > 0)
          .toSorted((a, b) => a.lastUsed - b.lastUsed)
          .map(({ id }) => id);
        if (evicted === null) {
          expect(fits(candidates)).toBe(false);
          return;
        }
        expect(fits(evicted)).toBe(true);
        expect(evicted).toEqual(candidates.slice(0, evicted.length));
        if (evicted.length > 0) expect(fits(evicted.slice(0, -1))).toBe(false);
      }),
    );
  });
});
