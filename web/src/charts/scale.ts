/** Round tick values that cover [low, high] in about `count` steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, count: number): readonly number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const ratio = rough / power;
  const step = (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10) * power;
  const ticks: number[] = [];
  const from = Math.floor(low / step);
  const to = Math.ceil(high / step - 1e-9);
  // Multiplied instead of summed, because 0.1 added three times is not 0.3.
  for (let at = from; at <= to; at++) ticks.push(Number((at * step).toPrecision(12)));
  return ticks;
}

/** Steps in clock units, for axes of elapsed time. */
const timeStepsMs = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
];

/** Ticks in [0, durationMs]. */
export function durationTicks(durationMs: number, count: number): readonly number[] {
  const rough = durationMs / Math.max(1, count);
  const step = timeStepsMs.find((one) => one >= rough) ?? Math.ceil(rough / 604_800_000) * 604_800_000;
  const ticks: number[] = [];
  for (let at = 0; at <= durationMs; at += Math.max(1, step)) ticks.push(at);
  return ticks;
}

/** Running sums from the bottom up: `tops[series][index]`. Gaps count as 0. */
export function stack(series: readonly (readonly (number | null)[])[]): readonly (readonly number[])[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  const sums = Array.from({ length }, () => 0);
  return series.map((values) =>
    sums.map((sum, at) => {
      const value = values[at] ?? 0;
      sums[at] = sum + (Number.isFinite(value) ? value : 0);
      return sums[at];
    }),
  );
}
