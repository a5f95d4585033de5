import { formatSize, type DatasetView, type FileProfile, type FileStats } from '@artenic/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { Select } from '../../components/field.tsx';
import { MoreRows } from '../../components/more-rows.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton, SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { ColumnsTable } from '../../features/profiles/columns-table.tsx';
import { PreviewCard } from '../../features/profiles/preview-card.tsx';
import { fileProfileQuery, fileStatsQuery } from '../../features/profiles/profile-queries.ts';
import { formatCount } from '../../lib/format.ts';

function noteOf({ state, rows, columns, width, height, bytes }: FileStats): string {
  if (state === 'waiting') return 'profile in progress';
  if (state === 'failed') return 'not readable';
  if (rows !== null) return `${formatCount(rows)} rows, ${formatCount(columns ?? 0)} columns`;
  return width === null ? formatSize(bytes) : `${width} × ${height ?? 0} px`;
}

function Profile({
  dataset,
  version,
  file,
}: {
  readonly dataset: DatasetView;
  readonly version: string;
  readonly file: FileProfile;
}) {
  const { profile, state, path, mediaType } = file;
  if (state === 'waiting')
    return (
      <Card isFlush>
        <EmptyState icon="hourglass" title="Profile in progress">
          The file is being read. This page shows its columns in some seconds.
        </EmptyState>
      </Card>
    );
  if (profile === null)
    return (
      <Card isFlush>
        <EmptyState icon="file" title={file.purged ? 'Purged file' : 'No columns'}>
          {file.purged
            ? 'The content was removed from all versions.'
            : `${mediaType} is not a table. CSV, TSV, JSON, JSON lines and Parquet are read, each also gzipped.`}
        </EmptyState>
      </Card>
    );
  switch (profile.kind) {
    case 'image':
      return (
        <Card title="Image">
          <p className="text-sm">
            {mediaType}, {formatCount(profile.width)} × {formatCount(profile.height)} pixels
          </p>
        </Card>
      );
    case 'failed': {
      const { message, row, column } = profile.failure;
      const place = [row === null ? null : `row ${formatCount(row)}`, column === null ? null : `column ${column}`];
      const known = place.filter((part) => part !== null).join(', ');
      return (
        <Card title="Not readable" note={known || undefined} tone="bad">
          <p className="text-sm break-words">{message}</p>
        </Card>
      );
    }
    case 'table':
      return (
        <div className="grid grid-cols-1 gap-4">
          <Card
            title="Columns"
            note={`${formatCount(profile.columns.length)}, ${formatCount(profile.rows)} rows`}
            isFlush
          >
            <ColumnsTable path={path} rows={profile.rows} columns={profile.columns} />
          </Card>
          <PreviewCard key={path} name={dataset.name} {...{ version, path }} columns={profile.columns} />
        </div>
      );
  }
}

function OneFile({
  dataset,
  version,
  path,
}: {
  readonly dataset: DatasetView;
  readonly version: string;
  readonly path: string;
}) {
  const query = useQuery(fileProfileQuery(dataset.name, version, path));
  return (
    <QueryPanel query={query} skeleton={<Skeleton className="h-72 rounded-lg" />}>
      {(file) => <Profile {...{ dataset, version, file }} />}
    </QueryPanel>
  );
}

/** Columns and rows of the files of a version that are tables. */
export function DataTab({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const { version: wanted, path } = useSearch({ from: '/shell/datasets/$name' });
  const navigate = useNavigate({ from: '/datasets/$name' });
  const version = wanted === undefined ? 'latest' : String(wanted);
  const query = useInfiniteQuery({ ...fileStatsQuery(dataset.name, version), enabled: dataset.version !== null });
  if (dataset.version === null)
    return (
      <Card isFlush>
        <EmptyState icon="table" title="No version yet">
          The first upload makes version 1. Its tables are shown here with their columns and rows.
        </EmptyState>
      </Card>
    );
  const files = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const chosen = path ?? (files.find(({ rows }) => rows !== null) ?? files[0])?.path;
  const listed = chosen === undefined || files.some((file) => file.path === chosen) ? files : null;
  return (
    <QueryPanel query={query} skeleton={<SkeletonRows rows={8} />}>
      {() => (
        <>
          <div className="mb-4 max-w-xl">
            <Select
              label={`File of ${wanted === undefined ? 'the newest version' : `version ${wanted}`}`}
              value={chosen}
              onChange={({ target }) =>
                void navigate({
                  search: (old) => ({
                    ...{ tab: old.tab, version: old.version, path: target.value },
                  }),
                  replace: true,
                  resetScroll: false,
                })
              }
            >
              {listed === null && <option value={chosen}>{chosen}</option>}
              {files.map((file) => (
                <option key={file.path} value={file.path}>
                  {file.path} ({noteOf(file)})
                </option>
              ))}
            </Select>
            <MoreRows query={query}>List more files</MoreRows>
          </div>
          {chosen !== undefined && <OneFile key={chosen} {...{ dataset, version }} path={chosen} />}
        </>
      )}
    </QueryPanel>
  );
}
