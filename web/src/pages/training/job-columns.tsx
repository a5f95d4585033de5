import { shortId, timeLeftText, type JobView, formatCost } from '@artenic/core';
import { Link } from '@tanstack/react-router';
import { ModelVersionLink } from '../../components/model-version-link.tsx';
import { StatusBadge } from '../../components/badge.tsx';
import type { Column } from '../../components/data-table.tsx';
import { Duration } from '../../components/duration.tsx';
import { Progress } from '../../components/progress.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { totalCost } from '../../lib/cost.ts';
import { SituationLine } from '../../features/situation/situation-note.tsx';
import { jobTitle } from '../../lib/job-title.ts';
import { statusOfJob } from '../../lib/status.ts';
import type { Selection } from './use-selection.ts';

function Outcome({ job }: { readonly job: JobView }) {
  if (job.result !== null) return <ModelVersionLink of={job.result} />;
  const { situation } = job;
  const isWaiting = job.state === 'queued' || job.state === 'waiting';
  if (job.finishedAt === null && situation !== null && (isWaiting || situation.level !== 'normal'))
    return (
      <div className="max-w-64">
        <SituationLine situation={situation} />
      </div>
    );
  if (job.finishedAt === null && !isWaiting)
    return (
      <div>
        <Progress value={job.progress} label={`Progress of ${jobTitle(job)}`} />
        {job.timeLeftMs !== null && <p className="text-xs text-muted">{timeLeftText(job.timeLeftMs)}</p>}
      </div>
    );
  const place = job.queuePosition === null ? job.message : `#${job.queuePosition} in queue`;
  return (
    <span className="block max-w-64 truncate text-xs text-muted" title={place}>
      {place}
    </span>
  );
}

const costColumn: Column<JobView> = {
  id: 'cost',
  head: 'Cost',
  align: 'right',
  hide: 'md',
  cell: (job) => <span className="text-muted">{formatCost(job.cost)}</span>,
};

/** The cell of a column, behind a box that chooses the row for a comparison. */
function withChoice({ cell, ...column }: Column<JobView>, { ids, isFull, toggle }: Selection): Column<JobView> {
  return {
    ...column,
    cell: (job) => (
      <div className="flex items-center gap-3">
        <input
          type="checkbox"
          aria-label={`Select ${jobTitle(job)}`}
          className="size-4 shrink-0 accent-accent"
          checked={ids.includes(job.id)}
          disabled={isFull && !ids.includes(job.id)}
          onChange={() => toggle(job.id)}
        />
        {cell(job)}
      </div>
    ),
  };
}

/** The cost column is omitted when no job has a cost. */
export function jobColumns(jobs: readonly JobView[], selection: Selection): readonly Column<JobView>[] {
  const hasCosts = totalCost(jobs.map(({ cost }) => cost)) !== null;
  return columns.flatMap((column) => {
    if (column.id === 'job') return [withChoice(column, selection)];
    return column.id === 'created' && hasCosts ? [costColumn, column] : [column];
  });
}

const columns: readonly Column<JobView>[] = [
  {
    id: 'job',
    head: 'Job',
    cell: (job) => (
      <div className="min-w-0">
        <Link to="/jobs/$jobId" params={{ jobId: job.id }} className="font-medium hover:underline">
          {job.name}
        </Link>
        <p className="text-xs text-muted">
          {job.service} <span className="font-mono">{shortId(job.id)}</span>
        </p>
      </div>
    ),
  },
  { id: 'state', head: 'State', cell: (job) => <StatusBadge status={statusOfJob(job)} />, width: 'w-36' },
  { id: 'outcome', head: 'Outcome', cell: (job) => <Outcome job={job} />, hide: 'md', width: 'w-56' },
  {
    id: 'attempts',
    head: 'Recoveries',
    align: 'right',
    hide: 'lg',
    cell: (job) => <span className="text-muted">{Math.max(0, job.currentAttempt - 1)}</span>,
  },
  {
    id: 'duration',
    head: 'Duration',
    align: 'right',
    hide: 'sm',
    cell: (job) => <Duration from={job.createdAt} to={job.finishedAt} />,
  },
  {
    id: 'created',
    head: 'Submitted',
    align: 'right',
    cell: (job) => (
      <span className="text-muted">
        <RelativeTime at={job.createdAt} />
      </span>
    ),
  },
];
