import { timeLeftText, type JobView } from '@artenic/core';
import type { ReactElement } from 'react';
import { formatNumber } from '../../charts/chart-format.ts';
import { ModelVersionLink } from '../../components/model-version-link.tsx';
import { Progress } from '../../components/progress.tsx';
import { SituationLine } from '../../features/situation/situation-note.tsx';
import { jobTitle } from '../../lib/job-title.ts';

const beforeQuote = 'Its log ends with: ';

/** The error itself: the end of the log where the message quotes it, otherwise the whole message. */
function errorOf(message: string): string {
  const at = message.indexOf(beforeQuote);
  return at === -1 ? message : message.slice(at + beforeQuote.length);
}

export function BestMetric({ job }: { readonly job: JobView }): ReactElement | null {
  if (job.bestMetric === null) return null;
  const { name, value, step } = job.bestMetric;
  return (
    <span className="whitespace-nowrap" title={`Best ${name}, at step ${step}`}>
      <span className="text-muted">{name}</span> <span className="tabular-nums">{formatNumber(value)}</span>
    </span>
  );
}

function Succeeded({ job }: { readonly job: JobView }): ReactElement {
  if (job.result === null && job.bestMetric === null)
    return <span className="text-xs text-muted">No model, no metrics</span>;
  return (
    <div className="leading-tight">
      {job.result !== null && <ModelVersionLink of={job.result} />}
      {job.bestMetric !== null && (
        <p className="text-xs">
          <BestMetric job={job} />
        </p>
      )}
    </div>
  );
}

/** The result or the error of a job; while it is open, its progress or the reason of its wait. */
export function Outcome({ job }: { readonly job: JobView }): ReactElement {
  if (job.state === 'succeeded') return <Succeeded job={job} />;
  if (job.state === 'failed' || job.state === 'timed-out')
    return (
      <span className="line-clamp-2 text-xs break-words text-bad" title={job.message}>
        {errorOf(job.message)}
      </span>
    );
  const { situation } = job;
  const isWaiting = job.state === 'queued' || job.state === 'waiting';
  if (job.finishedAt === null && situation !== null && (isWaiting || situation.level !== 'normal'))
    return <SituationLine situation={situation} />;
  if (job.finishedAt === null && !isWaiting)
    return (
      <div className="max-w-64">
        <Progress value={job.progress} label={`Progress of ${jobTitle(job)}`} />
        {job.timeLeftMs !== null && <p className="text-xs text-muted">{timeLeftText(job.timeLeftMs)}</p>}
      </div>
    );
  const place = job.queuePosition === null ? job.message : `#${job.queuePosition} in queue`;
  return (
    <span className="line-clamp-2 text-xs text-muted" title={place}>
      {place}
    </span>
  );
}
