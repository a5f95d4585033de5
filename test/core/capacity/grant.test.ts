import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fits, grantOrder, inGrantOrder, noCapacity, sumCapacity } from '../../../core/capacity/grant.ts';
import type { Capacity, CapacityClaim } from '../../../core/capacity/types.ts';

const capacity = (max: number): fc.Arbitrary<Capacity> =>
  fc.record({
    vcpu: fc.integer({ min: 1, max }),
    memoryGib: fc.integer({ min: 1, max: max * 8 }).map((eighths) => eighths / 8),
    gpus: fc.integer({ min: 0, max: 2 }),
  });
const claims = fc
  .array(
    fc.record({ needs: capacity(6), priority: fc.integer({ min: -2, max: 2 }), submittedAtMs: fc.nat({ max: 5 }) }),
    { maxLength: 12 },
  )
  .map((parts) => parts.map((part, index): CapacityClaim => ({ ...part, attemptId: `job-${index % 7}-${index}` })));

function claim(attemptId: string, vcpu: number, priority = 0, submittedAtMs = 0): CapacityClaim {
  return { attemptId, needs: { vcpu, memoryGib: 0, gpus: 0 }, priority, submittedAtMs };
}
const machine: Capacity = { vcpu: 4, memoryGib: 8, gpus: 1 };
const ids = (list: readonly CapacityClaim[]) => list.map(({ attemptId }) => attemptId);

describe('order', () => {
  test('priority, then submit time, then id', () => {
    const waiting = [
      claim('d', 1, 0, 2),
      claim('c', 1, 0, 1),
      claim('b', 1, 0, 1),
      claim('a', 1, 5, 9),
      claim('a', 1, 5, 9),
    ];
    expect(ids(inGrantOrder(waiting))).toEqual(['a', 'a', 'b', 'c', 'd']);
  });

  test('does not depend on the order they are given in', () => {
    fc.assert(
      fc.property(claims, fc.nat(), (list, seed) => {
        const shuffled = list.toSorted(
          (a, b) => ((a.submittedAtMs * 31 + seed) % 7) - ((b.submittedAtMs * 31 + seed) % 7),
        );
        expect(inGrantOrder(shuffled)).toEqual(inGrantOrder(list));
      }),
    );
  });
});

describe('fits', () => {
  test('every part counts', () => {
    expect(fits({ vcpu: 2, memoryGib: 4, gpus: 0 }, { vcpu: 2, memoryGib: 4, gpus: 1 }, machine)).toBe(true);
    expect(fits({ vcpu: 3, memoryGib: 0, gpus: 0 }, { vcpu: 2, memoryGib: 0, gpus: 0 }, machine)).toBe(false);
    expect(fits({ vcpu: 1, memoryGib: 8.5, gpus: 0 }, noCapacity, machine)).toBe(false);
    expect(fits({ vcpu: 1, memoryGib: 1, gpus: 1 }, { vcpu: 0, memoryGib: 0, gpus: 1 }, machine)).toBe(false);
  });

  test('decimal fractions add up', () => {
    const inUse = sumCapacity([
      { vcpu: 0, memoryGib: 0.1, gpus: 0 },
      { vcpu: 0, memoryGib: 0.2, gpus: 0 },
    ]);
    expect(fits({ vcpu: 0, memoryGib: 0.3, gpus: 0 }, inUse, { vcpu: 1, memoryGib: 0.6, gpus: 0 })).toBe(true);
  });
});

describe('grantOrder', () => {
  test('the first that does not fit holds back those behind it', () => {
    const waiting = [claim('large', 3, 1), claim('small', 1)];
    expect(ids(grantOrder(waiting, { ...noCapacity, vcpu: 2 }, machine))).toEqual([]);
    expect(ids(grantOrder(waiting, noCapacity, machine))).toEqual(['large', 'small']);
  });

  test('one that is larger than the whole holds back nobody', () => {
    expect(ids(grantOrder([claim('giant', 5, 100), claim('small', 1)], noCapacity, machine))).toEqual(['small']);
  });

  test('never more than there is; always the front of those that can be granted; as many as fit', () => {
    fc.assert(
      fc.property(claims, capacity(3), capacity(8), (waiting, inUse, total) => {
        const granted = grantOrder(waiting, inUse, total);
        const possible = inGrantOrder(waiting).filter(({ needs }) => fits(needs, noCapacity, total));
        expect(granted).toEqual(possible.slice(0, granted.length));
        const taken = sumCapacity([inUse, ...granted.map(({ needs }) => needs)]);
        if (granted.length > 0) expect(fits(noCapacity, taken, total)).toBe(true);
        const next = possible[granted.length];
        if (next !== undefined) expect(fits(next.needs, taken, total)).toBe(false);
      }),
    );
  });

  test('no claim starves: as claims end one by one, all that can be granted are, each once', () => {
    fc.assert(
      fc.property(claims, capacity(8), (all, total) => {
        let waiting = all;
        let running: readonly CapacityClaim[] = [];
        const order: string[] = [];
        for (let round = 0; round <= all.length; round++) {
          const granted = grantOrder(waiting, sumCapacity(running.map(({ needs }) => needs)), total);
          order.push(...ids(granted));
          waiting = waiting.filter((one) => !granted.includes(one));
          running = [...running, ...granted].slice(1);
        }
        expect(order).toEqual(ids(inGrantOrder(all).filter(({ needs }) => fits(needs, noCapacity, total))));
      }),
    );
  });
});
