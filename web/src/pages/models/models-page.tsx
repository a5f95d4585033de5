import type { RegistryItem } from '@artenic/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Sparkline } from '../../charts/sparkline.tsx';
import { Badge, StatusBadge } from '../../components/badge.tsx';
import { Button, buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { Delta } from '../../components/delta.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { mainMetric, formatValue } from '@artenic/core';
import { registryQuery } from '../../lib/queries.ts';
import { stageStatus } from '../../lib/status.ts';

function MainMetric({ item }: { readonly item: RegistryItem }): ReactElement | null {
  const [newest, before] = item.versions;
  const metric = newest === undefined ? null : mainMetric(Object.keys(newest.metrics));
  const value = metric === null ? undefined : newest?.metrics[metric];
  if (metric === null || value === undefined) return <span className="text-muted">–</span>;
  return (
    <div className="flex items-center justify-end gap-4">
      <Sparkline
        label={`${metric} of the newest versions`}
        values={item.versions.map((version) => version.metrics[metric] ?? null).toReversed()}
        tone="accent"
        className="hidden h-7 w-24 lg:block"
      />
      <div className="min-w-24 text-right">
        <p className="flex items-baseline justify-end gap-2 font-semibold tabular-nums">
          <Delta metric={metric} value={value} before={before?.metrics[metric]} />
          {formatValue(value)}
        </p>
        <p className="text-xs text-muted">{metric}</p>
      </div>
    </div>
  );
}

const columns: readonly Column<RegistryItem>[] = [
  {
    id: 'model',
    head: 'Model',
    cell: ({ model }) => (
      <Link to="/models/$name" params={{ name: model.name }} className="font-medium hover:underline">
        {model.name}
      </Link>
    ),
  },
  {
    id: 'stage',
    head: 'Serves',
    cell: ({ model }) =>
      model.productionVersion === null ? (
        <Badge>nothing yet</Badge>
      ) : (
        <span className="flex items-center gap-2">
          <span className="font-medium tabular-nums">v{model.productionVersion}</span>
          <StatusBadge status={stageStatus.production} />
        </span>
      ),
  },
  {
    id: 'latest',
    head: 'Newest',
    hide: 'sm',
    cell: ({ model }) => (
      <span className="tabular-nums">
        v{model.latestVersion}
        {model.productionVersion !== null && model.latestVersion > model.productionVersion && (
          <span className="ml-2 text-xs text-info">waits for promotion</span>
        )}
      </span>
    ),
  },
  { id: 'metric', head: 'Quality', align: 'right', hide: 'md', cell: (item) => <MainMetric item={item} /> },
  {
    id: 'updated',
    head: 'Updated',
    align: 'right',
    cell: ({ model, versions }) => (
      <span className="text-muted">
        <RelativeTime at={versions[0]?.createdAt ?? model.createdAt} />
      </span>
    ),
  },
];

export function ModelsPage(): ReactElement {
  const { search = '' } = useSearch({ from: '/shell/models' });
  const navigate = useNavigate({ from: '/models' });
  const query = useInfiniteQuery(registryQuery());
  return (
    <>
      <PageHeader title="Models" description="Versions, their lineage and promotion history." />
      <div className="mb-3 sm:w-64">
        <SearchField
          label="Filter models"
          value={search}
          onChange={(text) => void navigate({ search: { search: text || undefined }, replace: true })}
        />
      </div>
      <Card isFlush>
        <QueryPanel query={query} skeleton={<SkeletonRows rows={5} />}>
          {({ pages }) => {
            const all = pages.flatMap((page) => page.items);
            const rows = all.filter(({ model }) => model.name.includes(search));
            if (all.length === 0)
              return (
                <EmptyState
                  icon="models"
                  title="The registry is empty"
                  command="npx artenic model register iris model.onnx"
                  action={
                    <Link to="/jobs/new" className={buttonClass('primary')}>
                      Train a model
                    </Link>
                  }
                >
                  A job that leaves a model.onnx registers it when it succeeds; a file of your own is registered from
                  the command line.
                </EmptyState>
              );
            if (rows.length === 0)
              return (
                <EmptyState icon="search" title="No matching models">
                  No model name contains “{search}”.
                </EmptyState>
              );
            return (
              <DataTable
                caption="Models by name"
                columns={columns}
                rows={rows}
                rowKey={({ model }) => model.name}
                onOpen={({ model }) => void navigate({ to: '/models/$name', params: { name: model.name }, search: {} })}
              />
            );
          }}
        </QueryPanel>
        {query.hasNextPage && (
          <div className="flex justify-center border-t border-line p-3">
            <Button size="sm" isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              Show more models
            </Button>
          </div>
        )}
      </Card>
    </>
  );
}
