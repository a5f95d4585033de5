import type { InstanceDescription } from './provider.ts';

/** Selects an attempt's relevant instance: the oldest living one, else the one that ended last, else null. */
export function aliveOrNewest(found: readonly InstanceDescription[]): InstanceDescription | null {
  const living = found.filter(({ state }) => state !== 'gone');
  const ranked = living.toSorted((one, other) => timeOf(one.launchedAt) - timeOf(other.launchedAt));
  return ranked[0] ?? found.toSorted((one, other) => timeOf(other.endedAt) - timeOf(one.endedAt))[0] ?? null;
}

/** An instance without a time sorts as the youngest. */
function timeOf(at: string | null): number {
  return at === null ? Number.MAX_SAFE_INTEGER : Date.parse(at);
}
