/** A chart's width in the units of the smoothing: a point one thousandth of the x axis away is one step away. */
const axisSteps = 1000;
/** Fewer points than this are drawn as they are: their average would show a curve that never was. */
export const leastToSmooth = 50;

const isDrawn = (value: number | null): value is number => value !== null && Number.isFinite(value);

/** Whether a line has enough points to be smoothed. */
export function canSmooth(y: readonly (number | null)[]): boolean {
  let count = 0;
  for (const value of y) if (isDrawn(value) && ++count >= leastToSmooth) return true;
  return false;
}

/**
 * Time-weighted exponential moving average, as W&B documents it ("time weighted EMA smoothing"): a point's weight
 * shrinks with its distance in x, so that a line with few points is smoothed over the same width of the chart as a line
 * with many. The average has no bias towards the first value. Gaps and infinities stay unchanged and do not count;
 * lines of fewer than `leastToSmooth` points stay as they are.
 * @param spanX width of the x axis, of all lines of the chart and independent of the zoom
 * @param smoothing in [0, 1); 0 changes nothing
 */
export function smooth(
  x: readonly number[],
  y: readonly (number | null)[],
  { smoothing, spanX }: { readonly smoothing: number; readonly spanX: number },
): (number | null)[] {
  if (smoothing <= 0 || !(spanX > 0) || !canSmooth(y)) return [...y];
  const weight = Math.min(Math.sqrt(smoothing), 0.999);
  let sum = 0;
  let weights = 0;
  let lastX: number | null = null;
  return y.map((value, at) => {
    if (!isDrawn(value)) return value;
    const here = x[at] ?? 0;
    const kept = weight ** (((here - (lastX ?? here)) / spanX) * axisSteps);
    sum = sum * kept + value;
    weights = weights * kept + 1;
    lastX = here;
    return sum / weights;
  });
}
