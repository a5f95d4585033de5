import type { ReactElement } from 'react';
import { gain, formatValue } from '@artenic/core';
import { Icon } from './icon.tsx';

/** Change of a metric, and whether the change is an improvement. */
export function Delta({
  metric,
  value,
  before,
}: {
  readonly metric: string;
  readonly value: number;
  readonly before: number | undefined;
}): ReactElement | null {
  if (before === undefined || before === value) return null;
  const isBetter = gain(metric, value, before) > 0;
  const isUp = value > before;
  return (
    <span
      className={`inline-flex items-center gap-0.5 text-xs font-medium tabular-nums ${isBetter ? 'text-ok' : 'text-bad'}`}
    >
      <Icon name="arrowUp" className={`size-3 ${isUp ? '' : 'rotate-180'}`} />
      {formatValue(Math.abs(value - before))}
      <span className="sr-only">{isBetter ? 'better' : 'worse'} than the version before</span>
    </span>
  );
}
