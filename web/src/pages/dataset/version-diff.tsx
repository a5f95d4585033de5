import { formatSize, type DatasetDiffItem, type DatasetVersionView, type DatasetView } from '@artenic/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Badge } from '../../components/badge.tsx';
import { IconButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { inputClass } from '../../components/field.tsx';
import { MoreRows } from '../../components/more-rows.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { datasetDiffQuery } from '../../lib/dataset-queries.ts';
import type { Tone } from '../../lib/status.ts';

const kinds: Readonly<Record<DatasetDiffItem['kind'], readonly [word: string, tone: Tone]>> = {
  added: ['Added', 'ok'],
  changed: ['Changed', 'warn'],
  removed: ['Removed', 'bad'],
};

function sizes({ before, after }: DatasetDiffItem): string {
  if (before === null) return formatSize(after?.bytes ?? 0);
  return after === null ? formatSize(before.bytes) : `${formatSize(before.bytes)} → ${formatSize(after.bytes)}`;
}

function columnsOf(version: number, before: number): readonly Column<DatasetDiffItem>[] {
  return [
    {
      ...{ id: 'kind', head: 'Change', width: 'w-28' },
      cell: ({ kind }) => <Badge tone={kinds[kind][1]}>{kinds[kind][0]}</Badge>,
    },
    {
      ...{ id: 'path', head: 'Path', width: 'min-w-40' },
      cell: ({ kind, path }) => (
        <Link
          from="/datasets/$name"
          to="."
          search={{
            version: kind === 'removed' ? before : version,
            folder: path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : undefined,
          }}
          className="font-mono text-xs break-all hover:underline"
        >
          {path}
        </Link>
      ),
    },
    {
      ...{ id: 'size', head: 'Size', align: 'right' },
      cell: (item) => <span className="whitespace-nowrap text-muted">{sizes(item)}</span>,
    },
  ];
}

/** Files in which a version differs from another version, its parent unless the address names one. */
export function VersionDiff(props: {
  readonly dataset: DatasetView;
  readonly version: number;
  readonly versions: readonly DatasetVersionView[];
}): ReactElement {
  const { dataset, version, versions } = props;
  const { from } = useSearch({ from: '/shell/datasets/$name' });
  const navigate = useNavigate({ from: '/datasets/$name' });
  const query = useInfiniteQuery(datasetDiffQuery(dataset.name, version, from));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const parent = versions.find((one) => one.version === version)?.parent;
  const choose = (key: 'diff' | 'from', number: number | undefined): void =>
    void navigate({ search: (old) => ({ ...old, [key]: number }), replace: true, resetScroll: false });
  const numbers = [...new Set([...versions.map((one) => one.version), version, ...(from === undefined ? [] : [from])])];
  const options = numbers
    .toSorted((a, b) => b - a)
    .map((number) => (
      <option key={number} value={number}>
        v{number}
      </option>
    ));
  return (
    <Card
      title="Changes"
      isFlush
      actions={
        <>
          <div className="w-26 shrink-0 sm:w-36">
            <select
              aria-label="From version"
              value={from ?? ''}
              onChange={({ target }) => choose('from', target.value === '' ? undefined : Number(target.value))}
              className={inputClass}
            >
              <option value="">
                {parent === null ? 'Nothing' : `Parent${parent === undefined ? '' : ` (v${parent})`}`}
              </option>
              {options}
            </select>
          </div>
          <span aria-hidden="true" className="text-muted">
            →
          </span>
          <div className="w-26 shrink-0 sm:w-36">
            <select
              aria-label="To version"
              value={version}
              onChange={({ target }) => choose('diff', Number(target.value))}
              className={inputClass}
            >
              {options}
            </select>
          </div>
          <IconButton icon="cross" label="Close the changes" onClick={() => choose('diff', undefined)} />
        </>
      }
    >
      <QueryPanel query={query} skeleton={<SkeletonRows rows={4} />}>
        {() =>
          rows.length === 0 ? (
            <p className="px-4 py-8 text-center text-sm text-muted">Both versions have the same files.</p>
          ) : (
            <DataTable
              caption="Changed files"
              columns={columnsOf(version, from ?? parent ?? version)}
              rows={rows}
              rowKey={({ path }) => path}
            />
          )
        }
      </QueryPanel>
      <MoreRows query={query}>Show more changes</MoreRows>
    </Card>
  );
}
