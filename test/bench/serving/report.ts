import { percentile, rounded } from '../statistics.ts';

const results: Record<string, number> = {};

export function say(name: string, value: number, digits = 2): void {
  results[name] = rounded(value, digits);
  console.log(`${name}: ${rounded(value, digits)}`);
}

export function allResults(): Readonly<Record<string, number>> {
  return results;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/**
 * Repeats the same rounds in turn: on a shared machine only rounds that are close in time can be compared. Returns the
 * numbers of each measurement by round.
 */
export async function alternate<K extends string>(
  times: number,
  measurements: Readonly<Record<K, () => Promise<number>>>,
): Promise<Readonly<Record<K, readonly number[]>>> {
  const names = Object.keys(measurements) as K[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let time = 0; time < times; time++) for (const name of names) taken[name].push(await measurements[name]());
  return taken;
}

/** Median over the rounds of a measurement divided by another. */
export function ratio(above: readonly number[], below: readonly number[]): number {
  return median(above.map((value, index) => value / (below[index] ?? Number.NaN)));
}
