import type { ColumnStats } from '@artenic/core';
import type { ReactElement } from 'react';
import { formatCount } from '../../lib/format.ts';
import { cellText } from './cell-text.ts';

const [width, height] = [100, 24];

/** Counts of values in ranges of equal width, for a table cell. */
export function Histogram(props: {
  readonly label: string;
  readonly histogram: NonNullable<ColumnStats['histogram']>;
}): ReactElement {
  const { bounds, counts } = props.histogram;
  const most = Math.max(1, ...counts);
  const at = counts.indexOf(Math.max(...counts));
  const range = `${cellText(bounds[at] ?? null)} to ${cellText(bounds[at + 1] ?? null)}`;
  const step = width / Math.max(1, counts.length);
  return (
    <svg
      role="img"
      aria-label={`Histogram of ${props.label}: from ${cellText(bounds[0] ?? null)} to ${cellText(bounds.at(-1) ?? null)}, most values (${formatCount(counts[at] ?? 0)}) from ${range}`}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="h-6 w-28 text-chart-1"
      fill="currentColor"
    >
      {counts.map((count, index) => (
        <rect
          // oxlint-disable-next-line react/no-array-index-key -- a range is its place
          key={index}
          x={index * step}
          width={Math.max(0.5, step - 0.6)}
          y={height - (count / most) * height}
          height={count === 0 ? 0 : Math.max(1, (count / most) * height)}
        />
      ))}
    </svg>
  );
}
