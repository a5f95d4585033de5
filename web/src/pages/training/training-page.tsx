import type { JobView } from '@artenic/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { Button, buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Icon } from '../../components/icon.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { formatCount } from '../../lib/format.ts';
import { jobGroups, jobsQuery, overviewQuery, statesOfGroup, type JobGroup } from '../../lib/queries.ts';
import { jobColumns } from './job-columns.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { useHeldRows } from './use-held-rows.ts';
import { useSelection, type Selection } from './use-selection.ts';

const groupWords: Readonly<Record<JobGroup, string>> = {
  all: 'All',
  active: 'Active',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

function useGroupCounts(): (group: JobGroup) => string | undefined {
  const { data } = useQuery(overviewQuery);
  return (group) => {
    if (data === undefined) return undefined;
    const states = statesOfGroup[group] ?? Object.values(statesOfGroup).flatMap((some) => some ?? []);
    return formatCount(states.reduce((sum, state) => sum + data.jobsByState[state], 0));
  };
}

function NewRows({ count, onShow }: { readonly count: number; readonly onShow: () => void }): ReactElement | null {
  if (count === 0) return null;
  return (
    <div className="sticky top-2 z-10 flex h-0 justify-center">
      <button
        type="button"
        onClick={onShow}
        className="mt-2 flex h-7 items-center gap-1.5 rounded-full bg-accent px-3 text-xs font-medium text-surface shadow-pop"
      >
        {count} new {count === 1 ? 'job' : 'jobs'}
      </button>
    </div>
  );
}

function JobsTable(props: { readonly jobs: readonly JobView[]; readonly selection: Selection }): ReactElement {
  const { jobs, selection } = props;
  const navigate = useNavigate();
  const [area, setArea] = useState<HTMLElement | null>(null);
  const { rows, held, release } = useHeldRows(jobs, area);
  return (
    <div ref={setArea}>
      <NewRows count={held} onShow={release} />
      <DataTable
        caption="Training jobs, newest first"
        columns={jobColumns(jobs, selection)}
        rows={rows}
        rowKey={(job) => job.id}
        onOpen={(job) => void navigate({ to: '/jobs/$jobId', params: { jobId: job.id } })}
      />
    </div>
  );
}

function DispatchLink(): ReactElement {
  return (
    <Link to="/jobs/new" className={buttonClass('primary')}>
      <Icon name="plus" />
      Dispatch job
    </Link>
  );
}

function NoJobs({ isFiltered }: { readonly isFiltered: boolean }): ReactElement {
  if (isFiltered)
    return (
      <EmptyState icon="search" title="No matching jobs">
        Clear the filters or try a shorter search. It looks for words in names, services, models, labels and messages,
        and for the beginning or end of an id.
      </EmptyState>
    );
  return (
    <EmptyState
      icon="training"
      title="No training job yet"
      command="npx artenic jobs dispatch examples/penguins/artenic.yaml --watch"
      action={<DispatchLink />}
    >
      A job is a command with its code and data. It survives the death of any part of the platform, and what it makes is
      registered as a model.
    </EmptyState>
  );
}

export function TrainingPage(): ReactElement {
  const { show = 'all', search = '' } = useSearch({ from: '/shell/jobs' });
  const navigate = useNavigate({ from: '/jobs' });
  const query = useInfiniteQuery(jobsQuery({ group: show, search }));
  const countOf = useGroupCounts();
  const selection = useSelection();
  return (
    <>
      <PageHeader title="Training" actions={<DispatchLink />} />
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <Segmented
          label="State"
          value={show}
          options={jobGroups.map((group) => ({ value: group, label: groupWords[group], note: countOf(group) }))}
          onChange={(group) =>
            void navigate({ search: (old) => ({ ...old, show: group === 'all' ? undefined : group }) })
          }
        />
        <div className="w-full sm:ml-auto sm:w-64">
          <SearchField
            label="Search jobs"
            value={search}
            onChange={(text) =>
              void navigate({ search: (old) => ({ ...old, search: text || undefined }), replace: true })
            }
          />
        </div>
      </div>
      <Card isFlush>
        <QueryPanel query={query} skeleton={<SkeletonRows rows={8} />}>
          {({ pages }) => {
            const jobs = pages.flatMap((page) => page.items);
            if (jobs.length === 0) return <NoJobs isFiltered={show !== 'all' || search !== ''} />;
            return (
              <>
                <JobsTable key={`${show} ${search}`} jobs={jobs} selection={selection} />
                {query.hasNextPage && (
                  <div className="flex justify-center border-t border-line p-3">
                    <Button size="sm" isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                      Show older jobs
                    </Button>
                  </div>
                )}
              </>
            );
          }}
        </QueryPanel>
      </Card>
      <SelectionBar {...selection} />
    </>
  );
}
