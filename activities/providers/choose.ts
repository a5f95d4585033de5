import type { InstanceDescription } from './provider.ts';

/** Of an attempt's instances the one that matters: the first that lives, else the last that ended; null for none. */
export function aliveOrNewest(found: readonly InstanceDescription[]): InstanceDescription | null {
  const living = found.filter(({ state }) => state !== 'gone');
  const ranked = living.toSorted((one, other) => timeOf(one.launchedAt) - timeOf(other.launchedAt));
  return ranked[0] ?? found.toSorted((one, other) => timeOf(other.endedAt) - timeOf(one.endedAt))[0] ?? null;
}

/** What has not begun yet is the youngest. */
function timeOf(at: string | null): number {
  return at === null ? Number.MAX_SAFE_INTEGER : Date.parse(at);
}
