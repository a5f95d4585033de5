import { nice, ticks } from 'd3-array';
import { stack as stackOf, type SeriesPoint } from 'd3-shape';

/** d3 throws for a range so small or so large that its step is no number. */
const hasStep = (low: number, high: number): boolean => high - low > 1e-290 && high - low < Infinity;

/** Round values in [low, high], about `count`; its ends where no round value can be told. */
export function roundTicks(low: number, high: number, count: number): readonly number[] {
  return hasStep(low, high) ? ticks(low, high, count) : [...new Set([low, high])];
}

/** Round tick values that cover [low, high] in about `count` steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, count: number): readonly number[] {
  if (!(high > low)) return [low];
  if (!hasStep(low, high)) return [low, high];
  const [from, to] = nice(low, high, count);
  return roundTicks(from, to, count);
}

/** Fewest ticks from which a reader can tell the distance between two of them, and a third as a check. */
const fewest = 3;

/** Round tick values inside [low, high]: about `count`, and at least three where the numbers allow it. */
export function innerTicks(low: number, high: number, count: number): readonly number[] {
  if (!(high > low)) return [low];
  let found: readonly number[] = [];
  for (let wanted = Math.max(1, count); found.length < fewest && wanted <= count + 2 * fewest; wanted++) {
    found = roundTicks(low, high, wanted);
  }
  return found;
}

/** Ticks of a logarithmic axis: powers of ten, 1-2-5 of each decade, or round values within less than one decade. */
export function logTicks(low: number, high: number, count: number): readonly number[] {
  if (!(low > 0) || !(high > low)) return [low];
  const decades = Math.log10(high / low);
  if (decades < 1) return innerTicks(low, high, count);
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const every = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const digits = decades < 2.5 ? [1, 2, 5] : [1];
  const found: number[] = [];
  for (let power = from; power <= to; power++) {
    if ((power - from) % every !== 0) continue;
    for (const digit of digits) found.push(Number(`${digit}e${power}`));
  }
  return found.filter((value) => value >= low && value <= high);
}

/** Steps in clock units, for axes of time. */
const timeStepsMs = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
];

/** Step in clock units that cuts the duration into at most `count` parts. */
export function timeStepMs(durationMs: number, count: number): number {
  const rough = durationMs / Math.max(1, count);
  return timeStepsMs.find((one) => one >= rough) ?? Math.ceil(rough / 604_800_000) * 604_800_000;
}

function multiplesIn(low: number, high: number, step: number): readonly number[] {
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high; at++) ticks.push(at * step);
  return ticks;
}

/** Ticks in [0, durationMs]. */
export function durationTicks(durationMs: number, count: number): readonly number[] {
  return elapsedTicks(0, durationMs, count);
}

/** Ticks in [lowMs, highMs] for an axis of elapsed time: about `count`, and at least three where there is time. */
export function elapsedTicks(lowMs: number, highMs: number, count: number): readonly number[] {
  let found: readonly number[] = [];
  for (let wanted = Math.max(1, count); found.length < fewest && wanted <= count + 2 * fewest; wanted++)
    found = multiplesIn(lowMs, highMs, timeStepMs(highMs - lowMs, wanted));
  return found;
}

/** Ticks in [lowMs, highMs] for a wall clock: whole minutes, hours and days of the reader's zone. */
export function clockTicks(lowMs: number, highMs: number, count: number): readonly number[] {
  const offsetMs = new Date(lowMs).getTimezoneOffset() * 60_000;
  return elapsedTicks(lowMs - offsetMs, highMs - offsetMs, count).map((at) => at + offsetMs);
}

/** Running sums from the bottom up: `tops[series][index]`. Gaps count as 0. */
export function stack(series: readonly (readonly (number | null)[])[]): readonly (readonly number[])[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  const finite = (value: number | null | undefined): number =>
    value !== null && value !== undefined && Number.isFinite(value) ? value : 0;
  const layers = stackOf<number, number>()
    .keys(series.keys())
    .value((at, place) => finite(series[place]?.[at]));
  return layers(Array.from({ length }, (_, at) => at)).map((layer) =>
    layer.map((point: SeriesPoint<number>) => point[1]),
  );
}
