import type { ReactElement } from 'react';
import { decimate } from './decimate.ts';
import { texts, type Tone } from './palette.ts';
import { sentenceOf } from './summary.ts';
import { linePath, type Point } from './svg-path.ts';

export type SparklineProps = {
  /** Name of the numbers, such as "loss". */
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly tone?: Tone;
  /** Sets the size. */
  readonly className?: string;
};

const [width, height, inset] = [100, 24, 2.5];

function pointsOf(values: readonly (number | null)[]): readonly Point[] {
  const { x, y } = decimate({ x: values.map((_, at) => at), y: values }, { buckets: width });
  const numbers = y.filter((value): value is number => value !== null && Number.isFinite(value));
  const low = Math.min(...numbers);
  const span = Math.max(...numbers) - low;
  const last = Math.max(1, values.length - 1);
  return x.map((at, index) => {
    const value = y[index] ?? null;
    const isDrawn = value !== null && Number.isFinite(value);
    const share = isDrawn && span > 0 ? (value - low) / span : 0.5;
    return {
      x: inset + (at / last) * (width - 2 * inset),
      y: isDrawn ? height - inset - share * (height - 2 * inset) : null,
    };
  });
}

/** A line without axes, for a table cell or beside a number. A summary and the newest numbers are present as text. */
export function Sparkline({ label, values, tone = 'chart-1', className = 'h-6 w-24' }: SparklineProps): ReactElement {
  const points = pointsOf(values);
  const end = points.findLast(({ y }) => y !== null);
  return (
    <svg
      role="img"
      aria-label={sentenceOf(label, values)}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={`${texts[tone]} ${className}`}
      fill="none"
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={linePath(points)} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
      {end !== undefined && <path d={linePath([end])} strokeWidth="4.5" vectorEffect="non-scaling-stroke" />}
    </svg>
  );
}
