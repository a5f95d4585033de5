import type { Capacity, CapacityClaim } from './types.ts';

/** Sums of decimal fractions differ in their last bits: needs of 0.1 and 0.2 must fit into 0.3. */
export const capacityTolerance = 1e-6;

export const noCapacity: Capacity = { vcpu: 0, memoryGib: 0, gpus: 0 };

export function sumCapacity(parts: readonly Capacity[]): Capacity {
  return parts.reduce(
    (sum, part) => ({
      vcpu: sum.vcpu + part.vcpu,
      memoryGib: sum.memoryGib + part.memoryGib,
      gpus: sum.gpus + part.gpus,
    }),
    noCapacity,
  );
}

/** Whether `needs` fits into `total` beside `inUse`. */
export function fits(needs: Capacity, inUse: Capacity, total: Capacity): boolean {
  const wanted = sumCapacity([needs, inUse]);
  return (
    wanted.vcpu <= total.vcpu + capacityTolerance &&
    wanted.memoryGib <= total.memoryGib + capacityTolerance &&
    wanted.gpus <= total.gpus
  );
}

function compare(a: CapacityClaim, b: CapacityClaim): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.submittedAtMs !== b.submittedAtMs) return a.submittedAtMs - b.submittedAtMs;
  if (a.attemptId === b.attemptId) return 0;
  return a.attemptId < b.attemptId ? -1 : 1;
}

/** Higher priority first, then earlier submission, then by id. */
export function inGrantOrder(waiting: readonly CapacityClaim[]): readonly CapacityClaim[] {
  return waiting.toSorted(compare);
}

/**
 * The claims to grant now, in order. No claim overtakes another: the first claim that has to wait holds back all claims
 * behind it, so small claims cannot starve a large one. A claim larger than `total` can never be granted and holds back
 * no other claim.
 */
export function grantOrder(
  waiting: readonly CapacityClaim[],
  inUse: Capacity,
  total: Capacity,
): readonly CapacityClaim[] {
  const possible = inGrantOrder(waiting).filter((claim) => fits(claim.needs, noCapacity, total));
  const granted: CapacityClaim[] = [];
  let taken = inUse;
  for (const claim of possible) {
    if (!fits(claim.needs, taken, total)) break;
    granted.push(claim);
    taken = sumCapacity([taken, claim.needs]);
  }
  return granted;
}
