/** Value at or below which the fraction `q` of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** Runs `work(index)` for each index below `count`, `clients` at a time; returns the milliseconds of each call. */
export async function timed(
  count: number,
  clients: number,
  work: (index: number) => Promise<void>,
): Promise<readonly number[]> {
  const durations: number[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const startedMs = performance.now();
      await work(index);
      durations.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  return durations;
}
