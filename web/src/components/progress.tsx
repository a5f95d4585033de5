import type { ReactElement } from 'react';
import { formatPercent } from '../lib/format.ts';

export function Progress({ value, label }: { readonly value: number | null; readonly label: string }): ReactElement {
  const percent = value === null ? null : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div className="flex items-center gap-2.5">
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent ?? undefined}
        className="h-1.5 min-w-16 flex-1 overflow-hidden rounded-full bg-raised"
      >
        <div
          className={`h-full rounded-full bg-accent transition-[width] duration-500 ${percent === null ? 'w-1/4 animate-shimmer' : ''}`}
          style={percent === null ? undefined : { width: `${percent}%` }}
        />
      </div>
      <span className="w-10 text-right text-xs whitespace-nowrap text-muted tabular-nums">
        {percent === null ? '–' : formatPercent(percent / 100)}
      </span>
    </div>
  );
}
