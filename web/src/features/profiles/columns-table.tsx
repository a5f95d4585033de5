import type { ColumnProfile } from '@artenic/core';
import type { ReactElement } from 'react';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { formatCount, formatPercent } from '../../lib/format.ts';
import { cellText } from './cell-text.ts';
import { Histogram } from './histogram.tsx';

const shownTop = 3;
const dash = <span className="text-muted">–</span>;

function Top({ column }: { readonly column: ColumnProfile }): ReactElement {
  const top = column.stats?.top ?? [];
  if (top.length === 0) return dash;
  const all = top.map(({ value, count }) => `${cellText(value)}: ${formatCount(count)}`);
  return (
    <span title={all.join('\n')} className="line-clamp-2 text-xs break-all">
      {top.slice(0, shownTop).map(({ value, count }) => (
        <span key={cellText(value)} className="mr-2 inline-block">
          <span className="font-mono">{cellText(value)}</span>{' '}
          <span className="text-muted tabular-nums">{formatCount(count)}</span>
        </span>
      ))}
    </span>
  );
}

function Range({ column }: { readonly column: ColumnProfile }): ReactElement {
  const { stats } = column;
  if (stats === null || stats.min === null) return dash;
  return (
    <span className="text-xs tabular-nums">
      <span className="line-clamp-1 font-mono break-all">
        {cellText(stats.min)} … {cellText(stats.max)}
      </span>
      {stats.mean !== null && <span className="text-muted">mean {cellText(stats.mean)}</span>}
    </span>
  );
}

function columnsOf(rows: number): readonly Column<ColumnProfile>[] {
  return [
    {
      ...{ id: 'name', head: 'Column', width: 'min-w-32' },
      cell: ({ name, type }) => (
        <span>
          <span className="font-mono text-xs font-medium break-all">{name}</span>
          <span className="block max-w-48 truncate text-xs text-muted" title={type}>
            {type}
          </span>
        </span>
      ),
    },
    {
      ...{ id: 'nulls', head: 'Nulls', align: 'right' },
      cell: ({ stats }) =>
        stats === null || stats.nulls === 0 ? (
          dash
        ) : (
          <span title={formatCount(stats.nulls)}>{formatPercent(stats.nulls / Math.max(1, rows), 1)}</span>
        ),
    },
    {
      ...{ id: 'distinct', head: 'Distinct', align: 'right', hide: 'sm' },
      cell: ({ stats }) => (stats?.distinct == null ? dash : `≈ ${formatCount(stats.distinct)}`),
    },
    { ...{ id: 'range', head: 'Range', hide: 'md', width: 'min-w-32' }, cell: (column) => <Range column={column} /> },
    {
      ...{ id: 'histogram', head: 'Histogram', width: 'w-36' },
      cell: ({ name, stats }) =>
        stats?.histogram == null ? dash : <Histogram label={name} histogram={stats.histogram} />,
    },
    {
      ...{ id: 'top', head: 'Most frequent', hide: 'lg', width: 'w-[28%]' },
      cell: (column) => <Top column={column} />,
    },
  ];
}

export function ColumnsTable(props: {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
}): ReactElement {
  return (
    <DataTable
      caption={`Columns of ${props.path}`}
      scrollLabel="Table of columns"
      columns={columnsOf(props.rows)}
      rows={props.columns}
      rowKey={({ name }) => name}
    />
  );
}
