import { bestPoint, keptPoints, type MetricPoint } from '@artenic/core';

/** One metric over all attempts of a job. */
export type Series = {
  readonly name: string;
  readonly points: readonly MetricPoint[];
  readonly last: MetricPoint;
  /** Null when no value is finite. */
  readonly best: MetricPoint | null;
};

/** The points that count, by metric. */
export function seriesOf(points: readonly MetricPoint[]): readonly Series[] {
  const byName = Map.groupBy(keptPoints(points), ({ name }) => name);
  return [...byName.entries()]
    .flatMap(([name, counting]): Series[] => {
      const last = counting.at(-1);
      return last === undefined ? [] : [{ name, points: counting, last, best: bestPoint(name, counting) }];
    })
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
}

const bars = '▁▂▃▄▅▆▇█';

/** Values averaged into `width` equal parts of the steps; null for a part without a value. */
function binned(points: readonly MetricPoint[], width: number): readonly (number | null)[] {
  const [first = 0, last = 0] = [points[0]?.step, points.at(-1)?.step];
  const bins = Array.from({ length: width }, () => ({ sum: 0, count: 0 }));
  for (const { step, value } of points) {
    const bin = bins[last === first ? 0 : Math.floor(((step - first) / (last - first)) * (width - 1))];
    if (value === null || bin === undefined) continue;
    bin.sum += value;
    bin.count++;
  }
  return bins.map(({ sum, count }) => (count === 0 ? null : sum / count));
}

/** The course of a series in one line; `·` where it has no value. */
export function sparkline(points: readonly MetricPoint[], width: number): string {
  const values = binned(points, width);
  const known = values.filter((value) => value !== null);
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0) return '';
  return values
    .map((value) => {
      if (value === null) return '·';
      const place = highest === lowest ? 0 : Math.round(((value - lowest) / (highest - lowest)) * (bars.length - 1));
      return bars[place] ?? '';
    })
    .join('');
}

/** A chart of `height` lines; values are labelled by the caller. */
export function chart(points: readonly MetricPoint[], width: number, height: number): readonly string[] {
  const values = binned(points, width);
  const known = values.filter((value) => value !== null);
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  const levels = height * bars.length - 1;
  return Array.from({ length: height }, (_, line) => {
    const floor = (height - 1 - line) * bars.length;
    return values
      .map((value) => {
        if (value === null) return ' ';
        const level = highest === lowest ? 0 : Math.round(((value - lowest) / (highest - lowest)) * levels);
        if (level < floor) return ' ';
        return bars[Math.min(bars.length - 1, level - floor)] ?? '';
      })
      .join('')
      .trimEnd();
  });
}
