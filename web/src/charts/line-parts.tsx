import { formatDuration } from '@artenic/core';
import type { ReactElement } from 'react';
import { formatAligned, formatTime } from './chart-format.ts';
import { ChartTable } from './chart-frame.tsx';
import { joinSeries } from './decimate.ts';
import { valueAt } from './line-data.ts';
import type { ChartRun, XKind } from './metric-runs.ts';
import { dashOf, texts, toneAt } from './palette.ts';
import { saveText } from './save-text.ts';
import { csvOf, summarize, tableRows } from './summary.ts';
import { ToolButton } from './tool-button.tsx';

export function formatX(x: number, kind: XKind): string {
  switch (kind) {
    case 'step':
      return new Intl.NumberFormat().format(x);
    case 'elapsed':
      return formatDuration(x);
    case 'time':
      return formatTime(x);
  }
}

/** Sample of a line as the chart draws it: its colour and its dashes. */
export function Swatch({ place }: { readonly place: number }): ReactElement {
  return (
    <svg aria-hidden="true" viewBox="0 0 28 4" className={`h-1 w-7 shrink-0 ${texts[toneAt(place)]}`}>
      <path
        d="M0 2h28"
        stroke="currentColor"
        strokeWidth="2.5"
        strokeDasharray={dashOf(place).join(' ') || undefined}
      />
    </svg>
  );
}

export type LegendProps = {
  readonly runs: readonly ChartRun[];
  readonly hidden: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
};

export function Legend({ runs, hidden, onToggle }: LegendProps): ReactElement {
  const newest = formatAligned(runs.map(({ y }) => summarize(y).last));
  return (
    <ul aria-label="Lines" className="flex flex-wrap gap-x-1 gap-y-0.5">
      {runs.map((run, place) => (
        <li key={run.id}>
          <button
            type="button"
            aria-pressed={!hidden.has(run.id)}
            className="group flex h-6 max-w-80 items-center gap-2 rounded-md px-1.5 text-xs text-muted hover:bg-raised focus-visible:outline-2 focus-visible:outline-accent aria-pressed:text-ink"
            onClick={() => onToggle(run.id)}
          >
            <span className="group-aria-[pressed=false]:opacity-35">
              <Swatch place={place} />
            </span>
            <span className="truncate group-aria-[pressed=false]:line-through">{run.name}</span>
            <span className="text-muted tabular-nums">{newest[place]}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export type TipProps = {
  readonly runs: readonly ChartRun[];
  readonly places: readonly number[];
  readonly x: number;
  readonly leftPx: number;
  readonly widthPx: number;
  readonly xLabel: string;
  readonly xKind: XKind;
};

/** Values at the crosshair, placed on the side that has room. */
export function Tip({ runs, places, x, leftPx, widthPx, xLabel, xKind }: TipProps): ReactElement {
  const isRight = leftPx > widthPx / 2;
  const values = formatAligned(runs.map((run) => valueAt(run, x)));
  const offset = isRight ? { right: widthPx - leftPx + 12 } : { left: leftPx + 12 };
  return (
    <div
      aria-hidden="true"
      style={offset}
      className="pointer-events-none absolute top-2 z-10 min-w-28 rounded-md border border-line bg-raised/95 px-2.5 py-2 text-xs shadow-lg backdrop-blur-sm"
    >
      <p className="mb-1 text-muted tabular-nums">
        {xKind === 'step' && `${xLabel} `}
        {formatX(x, xKind)}
      </p>
      {runs.map((run, index) => (
        <p key={run.id} className="flex items-center gap-2 leading-5">
          <Swatch place={places[index] ?? 0} />
          <span className="max-w-40 truncate text-muted">{run.name}</span>
          <span className="ml-auto pl-3 font-medium text-ink tabular-nums">{values[index]}</span>
        </p>
      ))}
    </div>
  );
}

const mostRows = 200;

/** The numbers as a table of at most 200 rows; the CSV file has all of them. */
export function LineTable({
  title,
  runs,
  xLabel,
  xKind,
}: {
  readonly title: string;
  readonly runs: readonly ChartRun[];
  readonly xLabel: string;
  readonly xKind: XKind;
}): ReactElement {
  const joined = joinSeries(runs);
  const rows = tableRows(joined, mostRows);
  const columns = runs.map((_, run) => formatAligned(rows.map(({ values }) => values[run])));
  const head = [xLabel, ...runs.map(({ name }) => name)];
  const save = (): void => {
    const all = joined.x.map((x, at) => [
      xKind === 'time' ? new Date(x).toISOString() : x,
      ...joined.ys.map((y) => y[at]),
    ]);
    saveText(`${title.replaceAll(/[^\w.-]+/g, '-')}.csv`, 'text/csv', csvOf(head, all));
  };
  return (
    <div className="flex flex-col gap-1">
      <ChartTable
        caption={`${title} by ${xLabel}`}
        head={head}
        rows={rows.map(({ x }, row) => [formatX(x, xKind), ...columns.map((column) => column[row] ?? '')])}
      />
      <p className="flex items-center justify-between text-xs text-muted">
        {rows.length < joined.x.length
          ? `${rows.length} of ${new Intl.NumberFormat().format(joined.x.length)} rows`
          : `${rows.length} rows`}
        <ToolButton label={`Download ${title} as CSV`} icon="download" onClick={save}>
          CSV
        </ToolButton>
      </p>
    </div>
  );
}
