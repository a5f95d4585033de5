import { formatSize, type DatasetView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, type ReactElement } from 'react';
import { StatusBadge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { LineagePanel } from '../../features/lineage/lineage-panel.tsx';
import { DatasetUpload } from '../../features/upload/dataset-upload.tsx';
import { datasetQuery } from '../../lib/dataset-queries.ts';
import { formatCount } from '../../lib/format.ts';
import { rememberVisit } from '../../lib/recent.ts';
import { datasetStatus } from '../../lib/status.ts';
import { datasetTabs, type DatasetTab } from './dataset-search.ts';
import { DataTab } from './data-tab.tsx';
import { FilesTab } from './files-tab.tsx';
import { SettingsTab } from './settings-tab.tsx';
import { VersionsTab } from './versions-tab.tsx';

const tabWords: Readonly<Record<DatasetTab, string>> = {
  files: 'Files',
  data: 'Data',
  versions: 'Versions',
  lineage: 'Lineage',
  settings: 'Settings',
};

function Fact({ label, children }: { readonly label: string; readonly children: React.ReactNode }): ReactElement {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="mt-0.5 text-sm font-medium break-words tabular-nums">{children}</dd>
    </div>
  );
}

function Summary({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const { name, version, files, bytes, createdBy, createdAt, updatedAt } = dataset;
  return (
    <Card className="mb-5">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3 lg:grid-cols-6">
        <Fact label="Newest version">{version === null ? 'None' : `v${version}`}</Fact>
        <Fact label="Files">{formatCount(files)}</Fact>
        <Fact label="Size">{formatSize(bytes)}</Fact>
        <Fact label="Changed">
          <RelativeTime at={updatedAt} />
        </Fact>
        <Fact label="Created">
          <RelativeTime at={createdAt} /> by {createdBy}
        </Fact>
        <Fact label="In a job file">
          <span className="flex items-center gap-1">
            <code className="min-w-0 truncate font-mono text-xs">{name}@latest</code>
            <CopyText text={`${name}@latest`} label="Copy the reference" />
          </span>
        </Fact>
      </dl>
    </Card>
  );
}

function Panel({ dataset, tab }: { readonly dataset: DatasetView; readonly tab: DatasetTab }): ReactElement {
  switch (tab) {
    case 'files':
      return <FilesTab dataset={dataset} />;
    case 'data':
      return <DataTab dataset={dataset} />;
    case 'versions':
      return <VersionsTab dataset={dataset} />;
    case 'lineage':
      return (
        <Card title="Lineage" isFlush>
          <LineagePanel kind="dataset" id={dataset.id} />
        </Card>
      );
    case 'settings':
      return <SettingsTab dataset={dataset} />;
  }
}

function DatasetTabs({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const { tab = 'files' } = useSearch({ from: '/shell/datasets/$name' });
  const navigate = useNavigate({ from: '/datasets/$name' });
  return (
    <Tabs
      label="Parts of this dataset"
      value={tab}
      tabs={datasetTabs.map((value) => ({
        value,
        label: tabWords[value],
        note: value === 'versions' && dataset.version !== null ? dataset.version : undefined,
      }))}
      onChange={(next) =>
        void navigate({ search: (old) => ({ ...old, tab: next === 'files' ? undefined : next }), resetScroll: false })
      }
    >
      <Panel dataset={dataset} tab={tab} />
    </Tabs>
  );
}

const loading = (
  <div>
    <Skeleton className="mb-5 h-18 rounded-lg" />
    <Skeleton className="mb-4 h-9" />
    <Skeleton className="h-72 rounded-lg" />
  </div>
);

export function DatasetPage(): ReactElement {
  const { name } = useParams({ from: '/shell/datasets/$name' });
  const query = useQuery(datasetQuery(name));
  const dataset = query.data;
  const shown = dataset?.name ?? name;
  const isKnown = dataset !== undefined;
  useEffect(() => {
    if (isKnown) rememberVisit({ kind: 'dataset', id: shown, title: shown, subtitle: '' });
  }, [isKnown, shown]);
  return (
    <>
      <PageHeader
        title={shown}
        documentTitle={`Datasets · ${shown}`}
        crumbs={[{ label: 'Datasets', to: '/datasets' }, { label: shown }]}
        beside={isKnown && <StatusBadge status={datasetStatus[dataset.status]} />}
        description={dataset?.description === '' ? undefined : dataset?.description}
      />
      <QueryPanel query={query} skeleton={loading}>
        {(known) => (
          <>
            <Summary dataset={known} />
            <DatasetUpload dataset={known} />
            <DatasetTabs dataset={known} />
          </>
        )}
      </QueryPanel>
    </>
  );
}
