import { formatCost, timeLeftText, type JobView } from '@artenic/core';
import { StatusBadge } from '../../components/badge.tsx';
import type { Column } from '../../components/data-table.tsx';
import { Duration } from '../../components/duration.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { jobTitle } from '../../lib/job-title.ts';
import { statusOfJob } from '../../lib/status.ts';
import { FilterLink, JobName, Labels } from './job-cells.tsx';
import { BestMetric, Outcome } from './outcome.tsx';
import type { Selection } from './use-selection.ts';

/** A column of Artenic's own choice is shown on screens that have room for it, where a row has something to show. */
type JobColumn = Column<JobView> & { readonly isUsual?: boolean; readonly hasContent?: (job: JobView) => boolean };

const isUsual = true;

/** All columns in Artenic's own order. The first one is always shown. */
const columns: readonly JobColumn[] = [
  {
    id: 'job',
    head: 'Job',
    width: 'min-w-40 sm:min-w-56',
    sort: { field: 'name', first: 'ascending' },
    cell: (job) => <JobName job={job} />,
  },
  {
    ...{ id: 'state', head: 'State', width: 'w-36', isUsual },
    sort: { field: 'state', first: 'ascending' },
    cell: (job) => <StatusBadge status={statusOfJob(job)} />,
  },
  {
    ...{ id: 'outcome', head: 'Outcome', hide: 'md', width: 'min-w-56 w-[24%]', isUsual },
    cell: (job) => <Outcome job={job} />,
  },
  {
    ...{ id: 'labels', head: 'Labels', hide: 'lg', width: 'min-w-40', isUsual },
    hasContent: ({ labels }) => Object.keys(labels).length > 0,
    cell: (job) => <Labels job={job} />,
  },
  {
    ...{ id: 'service', head: 'Service', sort: { field: 'service', first: 'ascending' } },
    cell: ({ service }) => (
      <FilterLink title={`Only jobs of ${service}`} filter={() => ({ service })}>
        {service}
      </FilterLink>
    ),
  },
  { id: 'metric', head: 'Best metric', cell: (job) => <BestMetric job={job} /> },
  {
    ...{ id: 'provider', head: 'Provider', hide: '2xl', isUsual },
    hasContent: ({ provider }) => provider !== null,
    cell: ({ provider }) =>
      provider !== null && (
        <FilterLink title={`Only jobs on ${provider}`} filter={() => ({ provider })}>
          {provider}
        </FilterLink>
      ),
  },
  {
    ...{ id: 'market', head: 'Market' },
    cell: ({ market }) =>
      market !== null && (
        <FilterLink title={`Only ${market} jobs`} filter={() => ({ market })}>
          {market}
        </FilterLink>
      ),
  },
  {
    ...{ id: 'attempts', head: 'Recoveries', align: 'right', hide: '2xl', isUsual },
    cell: (job) => <span className="text-muted">{Math.max(0, job.currentAttempt - 1)}</span>,
  },
  {
    ...{ id: 'timeLeft', head: 'Time left', align: 'right' },
    cell: ({ timeLeftMs }) => timeLeftMs !== null && timeLeftText(timeLeftMs),
  },
  {
    ...{ id: 'duration', head: 'Duration', align: 'right', hide: 'sm', isUsual },
    sort: { field: 'durationMs', first: 'descending' },
    cell: (job) => <Duration from={job.createdAt} to={job.finishedAt} />,
  },
  {
    ...{ id: 'cost', head: 'Cost', align: 'right', hide: 'md', isUsual },
    sort: { field: 'costUsdMicros', first: 'descending' },
    hasContent: ({ cost }) => cost.usdMicros > 0,
    cell: (job) => <span className="text-muted">{formatCost(job.cost)}</span>,
  },
  {
    ...{ id: 'user', head: 'Submitted by' },
    cell: ({ createdBy }) => (
      <FilterLink title={`Only jobs of ${createdBy}`} filter={() => ({ by: createdBy })}>
        {createdBy}
      </FilterLink>
    ),
  },
  {
    ...{ id: 'created', head: 'Submitted', align: 'right', isUsual },
    sort: { field: 'submittedAt', first: 'descending' },
    cell: (job) => (
      <span className="whitespace-nowrap text-muted">
        <RelativeTime at={job.createdAt} />
      </span>
    ),
  },
];

const [jobColumn, ...otherColumns] = columns;

/** Columns that a user can choose, and those that are shown without a choice. */
export const choosableColumns = otherColumns.map(({ id, head }) => ({ id, head }));
export const usualColumns = otherColumns.filter((column) => column.isUsual === true).map(({ id }) => id);

/** The cell of a column, behind a box that chooses its row; its head has a box for all rows. */
function withChoice(column: JobColumn, jobs: readonly JobView[], selection: Selection): JobColumn {
  const ids = jobs.map(({ id }) => id);
  const isAll = ids.length > 0 && ids.every((id) => selection.has(id));
  return {
    ...column,
    headStart: (
      <input
        type="checkbox"
        aria-label="Select all rows"
        className="size-4 shrink-0 accent-accent"
        checked={isAll}
        onChange={() => (isAll ? selection.clear() : selection.add(jobs))}
      />
    ),
    cell: (job) => (
      <div className="flex items-center gap-3">
        <input
          type="checkbox"
          aria-label={`Select ${jobTitle(job)}`}
          className="size-4 shrink-0 accent-accent"
          checked={selection.has(job.id)}
          onChange={() => selection.toggle(job)}
        />
        {column.cell(job)}
      </div>
    ),
  };
}

/** The chosen columns in their order; ids of columns that do not exist are passed over. Null is Artenic's own choice. */
export function jobColumns(
  jobs: readonly JobView[],
  selection: Selection,
  chosen: readonly string[] | null,
): readonly Column<JobView>[] {
  const first = jobColumn === undefined ? [] : [withChoice(jobColumn, jobs, selection)];
  if (chosen === null)
    return [
      ...first,
      ...otherColumns.filter(
        (column) => column.isUsual === true && (column.hasContent === undefined || jobs.some(column.hasContent)),
      ),
    ];
  const byId = new Map(otherColumns.map(({ hide: _always, ...column }) => [column.id, column]));
  return [...first, ...chosen.flatMap((id) => byId.get(id) ?? [])];
}
