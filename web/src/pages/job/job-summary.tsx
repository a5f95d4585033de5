import {
  formatMoney,
  isTerminalJobState,
  timeLeftText,
  type AttemptView,
  type JobView,
  formatDuration,
  formatCost,
} from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { ModelVersionLink } from '../../components/model-version-link.tsx';
import { Card } from '../../components/card.tsx';
import { Progress } from '../../components/progress.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SignOfLife } from '../../features/situation/sign-of-life.tsx';
import { workTimeOf } from '../../features/timeline/work-time.ts';
import { attemptsQuery } from '../../lib/queries.ts';
import { jobStatus, statusOfJob } from '../../lib/status.ts';
import { useNow } from '../../lib/use-now.ts';

/** A question of the summary. Its answer has two lines of fixed height, so that late answers move nothing. */
function Fact({
  label,
  children,
  below,
}: {
  readonly label: string;
  readonly children: ReactNode;
  readonly below: ReactNode;
}) {
  return (
    <div className="min-w-0 px-4 py-3">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="mt-0.5 min-w-0">
        <div className="flex h-6 items-center text-base font-semibold tabular-nums">{children}</div>
        <div className="min-h-9 text-xs text-muted tabular-nums sm:min-h-4.5">{below}</div>
      </dd>
    </div>
  );
}

/** How far: the progress of a job that runs, or how it ended and what it made. */
function HowFar({ job }: { readonly job: JobView }): ReactElement {
  if (job.finishedAt !== null)
    return (
      <Fact
        label="Result"
        below={
          <>
            <RelativeTime at={job.finishedAt} />
            {' · '}
            {job.result === null ? 'no model registered' : <ModelVersionLink of={job.result} />}
          </>
        }
      >
        {jobStatus[job.state].label}
      </Fact>
    );
  return (
    <Fact
      label="Progress"
      below={
        job.queuePosition === null ? (
          job.timeLeftMs === null ? (
            statusOfJob(job).label
          ) : (
            <span className="font-medium text-ink">{timeLeftText(job.timeLeftMs)}</span>
          )
        ) : (
          `#${job.queuePosition} in queue`
        )
      }
    >
      <span className="block w-full font-normal">
        <Progress value={job.progress} label="Progress of this job" />
      </span>
    </Fact>
  );
}

function HowLong({ job, attempts }: { readonly job: JobView; readonly attempts: readonly AttemptView[] | undefined }) {
  const nowMs = useNow(1000, !isTerminalJobState(job.state));
  const endMs = job.finishedAt === null ? Math.max(nowMs, Date.parse(job.createdAt)) : Date.parse(job.finishedAt);
  const work = attempts === undefined ? null : workTimeOf(job, attempts, nowMs);
  return (
    <Fact
      label="Duration"
      below={work !== null && `training ${formatDuration(work.trainingMs)}, other ${formatDuration(work.otherMs)}`}
    >
      {formatDuration(endMs - Date.parse(job.createdAt))}
    </Fact>
  );
}

function HowMuch({ job }: { readonly job: JobView }) {
  const perHour = job.usdMicrosPerHour;
  const rate = perHour > 0 ? `${formatMoney(perHour)}/h now` : job.cost.isFinal ? 'final' : 'so far';
  return (
    <Fact label="Cost" below={job.cost.usdMicros === 0 && perHour === 0 ? '' : rate}>
      {formatCost(job.cost)}
    </Fact>
  );
}

function Tries({ job, attempts }: { readonly job: JobView; readonly attempts: readonly AttemptView[] | undefined }) {
  const newest = attempts?.findLast(({ attempt }) => attempt === job.currentAttempt) ?? attempts?.at(-1);
  return (
    <Fact
      label="Attempts"
      below={newest !== undefined && `${newest.provider} · ${newest.zone ?? newest.region} · ${newest.instanceType}`}
    >
      {job.currentAttempt}
      {job.signOfLife !== null && (
        <span className="ml-3 text-xs font-normal">
          <SignOfLife sign={job.signOfLife} />
        </span>
      )}
    </Fact>
  );
}

/** Summary of a job: its command, how far, how long, how much. */
export function JobSummary({ job }: { readonly job: JobView }): ReactElement {
  const { data: attempts } = useQuery(attemptsQuery(job.id));
  const { command } = job.spec;
  const words = typeof command === 'string' ? command : command.join(' ');
  return (
    <Card isFlush>
      <section aria-label="Summary">
        <p className="flex items-baseline gap-3 border-b border-line px-4 py-2.5 text-xs text-muted">
          Command
          <code className="min-w-0 truncate font-mono text-ink" title={words}>
            {words}
          </code>
        </p>
        <dl className="grid grid-cols-2 gap-px lg:grid-cols-4">
          <HowFar job={job} />
          <HowLong job={job} attempts={attempts} />
          <HowMuch job={job} />
          <Tries job={job} attempts={attempts} />
        </dl>
      </section>
    </Card>
  );
}
