import { useId, useState, type ReactElement, type ReactNode } from 'react';
import { ToolButton } from './tool-button.tsx';

export type TableCell = string | number;
export type ChartTableProps = {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly TableCell[])[];
  /** Columns that hold words. */
  readonly text?: readonly number[];
};

/** Table with the same numbers as the chart. The first column names the row; numbers stand at the right. */
export function ChartTable({ caption, head, rows, text = [] }: ChartTableProps): ReactElement {
  const sideOf = (column: number): string => (column === 0 || text.includes(column) ? 'text-left' : 'text-right');
  return (
    <div
      className="max-h-72 overflow-auto rounded-md border border-line"
      tabIndex={0}
      role="region"
      aria-label={caption}
    >
      <table className="w-full border-collapse text-xs tabular-nums">
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 bg-raised text-muted">
          <tr>
            {head.map((name, index) => (
              <th key={index} scope="col" className={`px-3 py-1.5 font-medium whitespace-nowrap ${sideOf(index)}`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index} className="border-t border-line">
              {row.map((cell, column) =>
                column === 0 ? (
                  <th key={column} scope="row" className="px-3 py-1 text-left font-normal whitespace-nowrap">
                    {cell}
                  </th>
                ) : (
                  <td
                    key={column}
                    className={`px-3 py-1 ${sideOf(column)} ${String(cell).length > 60 ? 'min-w-72' : 'whitespace-nowrap'}`}
                  >
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export type ChartFrameProps = {
  readonly title: string;
  /** Beside the title: the newest value, the unit. */
  readonly note?: ReactNode;
  /** The chart in words. */
  readonly summary: string;
  readonly tools?: ReactNode;
  /** Called only when the table is shown. */
  readonly table: () => ReactElement;
  readonly children: ReactNode;
};

/** Frame of a chart: title, tools, a summary in words and a table with the same numbers. */
export function ChartFrame({ title, note, summary, tools, table, children }: ChartFrameProps): ReactElement {
  const [isTable, setIsTable] = useState(false);
  const titleId = useId();
  const summaryId = useId();
  return (
    <figure aria-labelledby={titleId} aria-describedby={summaryId} className="flex min-w-0 flex-col gap-2">
      <figcaption className="flex min-h-7 flex-wrap items-center gap-x-3 gap-y-1">
        <span id={titleId} className="min-w-0 truncate text-sm font-medium text-ink">
          {title}
        </span>
        {note !== undefined && <span className="text-xs text-muted tabular-nums">{note}</span>}
        <span className="ml-auto flex flex-wrap items-center justify-end gap-1">
          {tools}
          <ToolButton
            label={isTable ? `Show ${title} as a chart` : `Show ${title} as a table`}
            icon={isTable ? 'chart' : 'table'}
            isPressed={isTable}
            onClick={() => setIsTable(!isTable)}
          />
        </span>
      </figcaption>
      <p id={summaryId} className="sr-only">
        {summary}
      </p>
      {isTable ? table() : children}
    </figure>
  );
}

export function NoData({
  heightPx,
  children,
}: {
  readonly heightPx: number;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <div
      style={{ height: heightPx }}
      className="flex items-center justify-center rounded-md border border-dashed border-line px-4 text-center text-sm text-muted"
    >
      {children}
    </div>
  );
}
