import type { JobView } from '@artenic/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { Button, buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../components/icon.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { addressOf } from '../../lib/api.ts';
import { formatCount } from '../../lib/format.ts';
import { jobGroups, jobsQuery, overviewQuery, queryOfJobs, statesOfGroup, type JobGroup } from '../../lib/queries.ts';
import { setColumnChoice, useColumnChoice } from './column-choice.ts';
import { ColumnsMenu } from './columns-menu.tsx';
import { filterCount, FilterChips, FilterPanel } from './filter-bar.tsx';
import { usualColumns } from './job-columns.tsx';
import { JobsTable } from './jobs-table.tsx';
import { filterOf, isFiltered, sortOf, type JobsSearch } from './jobs-search.ts';
import { SelectionBar } from './selection-bar.tsx';
import { useSelection } from './use-selection.ts';
import { ViewsMenu } from './views-menu.tsx';

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

function DispatchLink(): ReactElement {
  return (
    <Link data-tour="dispatch" to="/jobs/new" className={buttonClass('primary')}>
      <Icon name="plus" />
      Dispatch job
    </Link>
  );
}

function NoJobs(props: { readonly isFiltered: boolean }): ReactElement {
  if (props.isFiltered)
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

type Change = (change: Partial<JobsSearch>, options?: { readonly replace: boolean }) => void;

/** State, words, and the buttons for filters, columns and files. */
function Toolbar(props: {
  readonly search: JobsSearch;
  readonly onChange: Change;
  readonly chosen: readonly string[] | null;
  readonly areFiltersOpen: boolean;
  readonly onFilters: () => void;
}): ReactElement {
  const { search, onChange, chosen, areFiltersOpen, onFilters } = props;
  const countOf = useGroupCounts();
  const count = filterCount(search);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-2 gap-y-3">
      <Segmented
        label="State"
        value={search.show ?? 'all'}
        options={jobGroups.map((group) => ({ value: group, label: groupWords[group], note: countOf(group) }))}
        onChange={(group) => onChange({ show: group === 'all' ? undefined : group })}
      />
      <div className="w-full sm:ml-auto sm:w-48 2xl:w-64">
        <SearchField
          label="Search jobs"
          value={search.search ?? ''}
          onChange={(text) => onChange({ search: text || undefined }, { replace: true })}
        />
      </div>
      <Button icon="filter" aria-expanded={areFiltersOpen} onClick={onFilters}>
        Filters{count > 0 && <span className="tabular-nums">{count}</span>}
      </Button>
      <ViewsMenu shown={{ search, columns: chosen ?? usualColumns }} />
      <ColumnsMenu
        chosen={chosen}
        onChange={(ids) => {
          setColumnChoice(ids);
          if (search.columns !== undefined) onChange({ columns: undefined }, { replace: true });
        }}
      />
      <a
        href={addressOf('/api/v1/jobs.csv', { ...queryOfJobs(filterOf(search)), sort: sortOf(search) })}
        download="jobs.csv"
        aria-label="Download as CSV"
        title="Download this list as CSV, at most 10,000 rows"
        className={buttonClass()}
      >
        <Icon name="download" />
      </a>
    </div>
  );
}

const valuesOf = (jobs: readonly JobView[], of: (job: JobView) => string | readonly string[]): readonly string[] =>
  [...new Set(jobs.flatMap(of))].toSorted((a, b) => a.localeCompare(b));

function Filters(props: { readonly jobs: readonly JobView[]; readonly search: JobsSearch; readonly onChange: Change }) {
  const { jobs, search, onChange } = props;
  const known = {
    services: valuesOf(jobs, ({ service }) => service),
    labels: valuesOf(jobs, ({ labels }) => Object.entries(labels).map(([key, value]) => `${key}=${value}`)),
    users: valuesOf(jobs, ({ createdBy }) => createdBy),
  };
  return <FilterPanel search={search} onChange={onChange} known={known} />;
}

export function TrainingPage(): ReactElement {
  const search = useSearch({ from: '/shell/jobs' });
  const navigate = useNavigate({ from: '/jobs' });
  const query = useInfiniteQuery(jobsQuery({ ...filterOf(search), sort: sortOf(search) }));
  const ownChoice = useColumnChoice();
  const selection = useSelection();
  const [areFiltersOpen, setAreFiltersOpen] = useState(false);
  const chosen = search.columns === undefined ? ownChoice : search.columns.split(',');
  const change: Change = (changed, { replace } = { replace: false }) =>
    void navigate({ search: (old) => ({ ...old, ...changed }), replace, resetScroll: false });
  const jobs = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div data-wide>
      <PageHeader title="Training" actions={<DispatchLink />} />
      <Toolbar
        {...{ search, chosen, areFiltersOpen }}
        onChange={change}
        onFilters={() => setAreFiltersOpen(!areFiltersOpen)}
      />
      {areFiltersOpen && <Filters jobs={jobs} search={search} onChange={change} />}
      <FilterChips search={search} onChange={change} />
      <Card isFlush>
        <QueryPanel query={query} skeleton={<SkeletonRows rows={8} />}>
          {() =>
            jobs.length === 0 ? (
              <NoJobs isFiltered={isFiltered(search)} />
            ) : (
              <>
                <JobsTable {...{ jobs, search, chosen, selection }} isOld={query.isPlaceholderData} />
                {query.hasNextPage && (
                  <div className="flex justify-center border-t border-line p-3">
                    <Button size="sm" isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                      Show more jobs
                    </Button>
                  </div>
                )}
              </>
            )
          }
        </QueryPanel>
      </Card>
      <SelectionBar selection={selection} filter={filterOf(search)} hasMore={query.hasNextPage} />
    </div>
  );
}
