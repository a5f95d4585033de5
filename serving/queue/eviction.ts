/** A model that has processes. */
export type Resident = {
  readonly id: string;
  /** Time of its last request, on any monotonic clock. */
  readonly lastUsed: number;
  readonly isIdle: boolean;
  readonly hosts: number;
  readonly bytes: number;
};
export type Capacity = { readonly maxHosts: number; readonly maxBytes: number };

/**
 * Idle models to evict for one more process of `bytes`, least recently used first. Null when evicting all of them is
 * not enough. A model that alone exceeds the limit is still admitted when no other model is loaded.
 */
export function evictionsFor(
  residents: readonly Resident[],
  wanted: { readonly id: string; readonly bytes: number },
  { maxHosts, maxBytes }: Capacity,
): readonly string[] | null {
  let hosts = residents.reduce((sum, one) => sum + one.hosts, 0) + 1;
  let bytes = residents.reduce((sum, one) => sum + one.bytes, 0) + wanted.bytes;
  const fits = () => hosts <= maxHosts && (bytes <= maxBytes || hosts === 1);
  const leaving: string[] = [];
  const candidates = residents.filter((one) => one.isIdle && one.id !== wanted.id && one.hosts > 0);
  for (const one of candidates.toSorted((a, b) => a.lastUsed - b.lastUsed)) {
    if (fits()) break;
    leaving.push(one.id);
    hosts -= one.hosts;
    bytes -= one.bytes;
  }
  return fits() ? leaving : null;
}
