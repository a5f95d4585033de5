import { formatSize, shortId, type DatasetVersionView, type DatasetView } from '@artenic/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { Badge } from '../../components/badge.tsx';
import { IconButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { MoreRows } from '../../components/more-rows.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { datasetVersionsQuery } from '../../lib/dataset-queries.ts';
import { formatCount } from '../../lib/format.ts';
import { RestoreVersion } from './restore-version.tsx';
import { Tags } from './tags.tsx';
import { VersionDiff } from './version-diff.tsx';

function Changes({ version }: { readonly version: DatasetVersionView }): ReactElement {
  const { added, changed, removed } = version;
  const count = (sign: string, word: string, value: number, tone: string) =>
    value > 0 && (
      <span className={tone}>
        <span aria-hidden="true">
          {sign}
          {formatCount(value)}
        </span>
        <span className="sr-only">
          {formatCount(value)} {word},
        </span>
      </span>
    );
  return (
    <Link
      from="/datasets/$name"
      to="."
      search={(old) => ({ ...old, diff: version.version, from: undefined })}
      resetScroll={false}
      aria-label={`Changes of version ${version.version}: ${added} added, ${changed} changed, ${removed} removed`}
      className="inline-flex min-h-6 items-center gap-2 text-xs whitespace-nowrap tabular-nums hover:underline"
    >
      {added + changed + removed === 0 ? (
        <span className="text-muted">none</span>
      ) : (
        <>
          {count('+', 'added', added, 'text-ok')}
          {count('~', 'changed', changed, 'text-warn')}
          {count('−', 'removed', removed, 'text-bad')}
        </>
      )}
    </Link>
  );
}

function columnsOf(dataset: DatasetView, onRestore: (version: number) => void): readonly Column<DatasetVersionView>[] {
  return [
    {
      id: 'version',
      head: 'Version',
      width: 'min-w-32',
      cell: (one) => (
        <span className="flex flex-wrap items-center gap-1.5">
          <Link
            from="/datasets/$name"
            to="."
            search={() => ({ version: one.version })}
            className="font-medium tabular-nums hover:underline"
          >
            v{one.version}
          </Link>
          {one.version === dataset.version && <Badge tone="accent">latest</Badge>}
          {one.tags.map((tag) => (
            <Badge key={tag} icon="tag">
              {tag}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      ...{ id: 'message', head: 'Message', hide: 'md', width: 'min-w-40 w-[30%]' },
      cell: ({ message }) =>
        message === '' ? (
          <span className="text-muted">–</span>
        ) : (
          <span className="line-clamp-2 break-words" title={message}>
            {message}
          </span>
        ),
    },
    { id: 'changes', head: 'Changes', cell: (one) => <Changes version={one} /> },
    { ...{ id: 'files', head: 'Files', align: 'right', hide: 'sm' }, cell: ({ files }) => formatCount(files) },
    { ...{ id: 'size', head: 'Size', align: 'right', hide: 'lg' }, cell: ({ bytes }) => formatSize(bytes) },
    {
      ...{ id: 'author', head: 'Author', hide: 'lg' },
      cell: ({ createdBy, jobId }) =>
        jobId === null ? (
          createdBy
        ) : (
          <Link to="/jobs/$jobId" params={{ jobId }} search={{}} className="text-accent hover:underline">
            job <span className="font-mono text-xs">{shortId(jobId)}</span>
          </Link>
        ),
    },
    {
      ...{ id: 'parent', head: 'Parent', align: 'right', hide: '2xl' },
      cell: ({ parent }) => <span className="text-muted">{parent === null ? '–' : `v${parent}`}</span>,
    },
    {
      ...{ id: 'created', head: 'Created', align: 'right', hide: 'sm' },
      cell: ({ createdAt }) => (
        <span className="text-muted">
          <RelativeTime at={createdAt} />
        </span>
      ),
    },
    {
      ...{ id: 'restore', head: 'Restore', align: 'right' },
      cell: ({ version }) =>
        version !== dataset.version &&
        dataset.status !== 'archived' && (
          <IconButton icon="recover" label={`Restore version ${version}`} onClick={() => onRestore(version)} />
        ),
    },
  ];
}

/** Versions, the differences of two of them, and tags. */
export function VersionsTab({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const { diff } = useSearch({ from: '/shell/datasets/$name' });
  const [restored, setRestored] = useState<number | null>(null);
  const query = useInfiniteQuery(datasetVersionsQuery(dataset.name));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <div className="grid grid-cols-1 gap-4">
      <Card title="Versions" isFlush>
        <QueryPanel query={query} skeleton={<SkeletonRows rows={4} />}>
          {() =>
            rows.length === 0 ? (
              <EmptyState icon="data" title="No version yet">
                The first upload makes version 1.
              </EmptyState>
            ) : (
              <DataTable
                caption="Versions, newest first"
                columns={columnsOf(dataset, setRestored)}
                rows={rows}
                rowKey={({ version }) => String(version)}
              />
            )
          }
        </QueryPanel>
        <MoreRows query={query}>Show more versions</MoreRows>
      </Card>
      {diff !== undefined && <VersionDiff dataset={dataset} version={diff} versions={rows} />}
      <Tags dataset={dataset} versions={rows} />
      {restored !== null && <RestoreVersion dataset={dataset} version={restored} onClose={() => setRestored(null)} />}
    </div>
  );
}
