import { datasetStates, formatSize, type DatasetView } from '@artenic/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { StatusBadge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { MoreRows } from '../../components/more-rows.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import type { ChosenFolder } from '../../features/upload/chosen-folder.ts';
import { FolderDrop } from '../../features/upload/folder-drop.tsx';
import { UploadCard } from '../../features/upload/upload-card.tsx';
import { UploadDialog } from '../../features/upload/upload-dialog.tsx';
import { useUploads } from '../../features/upload/uploads.ts';
import { datasetsQuery } from '../../lib/dataset-queries.ts';
import { formatCount } from '../../lib/format.ts';
import { usePageActions } from '../../lib/page-actions.ts';
import { datasetStatus } from '../../lib/status.ts';
import { CreateDataset } from './create-dataset.tsx';

const columns: readonly Column<DatasetView>[] = [
  {
    id: 'name',
    head: 'Dataset',
    width: 'min-w-40',
    cell: ({ name, description }) => (
      <div className="min-w-0">
        <Link to="/datasets/$name" params={{ name }} search={{}} className="font-medium break-all hover:underline">
          {name}
        </Link>
        {description !== '' && <p className="line-clamp-1 max-w-md text-xs text-muted">{description}</p>}
      </div>
    ),
  },
  { id: 'status', head: 'Status', cell: ({ status }) => <StatusBadge status={datasetStatus[status]} /> },
  {
    ...{ id: 'version', head: 'Version', align: 'right' },
    cell: ({ version }) => (version === null ? <span className="text-muted">–</span> : `v${version}`),
  },
  { ...{ id: 'files', head: 'Files', align: 'right', hide: 'sm' }, cell: ({ files }) => formatCount(files) },
  { ...{ id: 'size', head: 'Size', align: 'right', hide: 'sm' }, cell: ({ bytes }) => formatSize(bytes) },
  {
    ...{ id: 'changed', head: 'Changed', align: 'right', hide: 'md' },
    cell: ({ updatedAt }) => (
      <span className="text-muted">
        <RelativeTime at={updatedAt} />
      </span>
    ),
  },
];

const statusOptions = [
  { value: 'all', label: 'All' },
  ...datasetStates.map((status) => ({ value: status, label: datasetStatus[status].label })),
] as const;

function NoDatasets({ isFiltered, action }: { readonly isFiltered: boolean; readonly action: ReactElement }) {
  if (isFiltered)
    return (
      <EmptyState icon="search" title="No matching datasets">
        Clear the filters or try a shorter part of a name.
      </EmptyState>
    );
  return (
    <EmptyState
      icon="data"
      title="No dataset yet"
      command="npx artenic dataset upload reviews ./reviews --create"
      action={action}
    >
      A dataset is a name with versions of files. Each upload of a folder makes a version that never changes, and only
      files that are new are sent and stored. Jobs name a version, so every model shows what it was trained on.
    </EmptyState>
  );
}

export function DatasetsPage(): ReactElement {
  const { search = '', status } = useSearch({ from: '/shell/datasets' });
  const navigate = useNavigate({ from: '/datasets' });
  const query = useInfiniteQuery(datasetsQuery({ status, text: search || undefined }));
  const uploads = useUploads();
  const [folder, setFolder] = useState<ChosenFolder | null>(null);
  const [isCreating, setIsCreating] = useState(false);
  usePageActions([{ title: 'Create a dataset', icon: 'plus', run: () => setIsCreating(true) }]);
  const create = (
    <Button kind="primary" icon="plus" onClick={() => setIsCreating(true)}>
      Create dataset
    </Button>
  );
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      <PageHeader title="Datasets" description="Versions of the files that jobs train on." actions={create} />
      {uploads.map((upload) => (
        <UploadCard key={upload.record.id} upload={upload} />
      ))}
      <FolderDrop onFolder={setFolder}>Drop a folder to create a dataset from it.</FolderDrop>
      <div className="mb-3 flex flex-wrap items-center gap-x-2 gap-y-3">
        <Segmented
          label="Status"
          value={status ?? 'all'}
          options={statusOptions}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, status: next === 'all' ? undefined : next }),
              resetScroll: false,
            })
          }
        />
        <div className="w-full sm:ml-auto sm:w-64">
          <SearchField
            label="Filter datasets"
            value={search}
            onChange={(text) =>
              void navigate({ search: (old) => ({ ...old, search: text || undefined }), replace: true })
            }
          />
        </div>
      </div>
      <Card isFlush>
        <QueryPanel query={query} skeleton={<SkeletonRows rows={6} />}>
          {() =>
            rows.length === 0 ? (
              <NoDatasets isFiltered={search !== '' || status !== undefined} action={create} />
            ) : (
              <DataTable
                caption="Datasets by name"
                columns={columns}
                rows={rows}
                rowKey={({ id }) => id}
                onOpen={({ name }) => void navigate({ to: '/datasets/$name', params: { name }, search: {} })}
              />
            )
          }
        </QueryPanel>
        <MoreRows query={query}>Show more datasets</MoreRows>
      </Card>
      {folder !== null && <UploadDialog dataset={null} folder={folder} onClose={() => setFolder(null)} />}
      {isCreating && <CreateDataset onClose={() => setIsCreating(false)} />}
    </>
  );
}
