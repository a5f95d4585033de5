/**
 * Exponential moving average without the bias towards the first value, as TensorBoard smooths (its `vz_line_chart2`,
 * `resmoothDataset`): `last = w·last + (1−w)·y`, shown as `last / (1 − wⁿ)`. Gaps and infinities stay unchanged and do
 * not count.
 * @param weight in [0, 1); 0 changes nothing
 */
export function smooth(y: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...y];
  const isConstant = new Set(y.filter((value) => value !== null && Number.isFinite(value))).size <= 1;
  if (isConstant) return [...y];
  let last = 0;
  let remaining = 1;
  return y.map((value) => {
    if (value === null || !Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    remaining *= weight;
    return last / (1 - remaining);
  });
}
