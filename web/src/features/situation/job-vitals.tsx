import { isTerminalJobState, timeLeftText, type JobView } from '@artenic/core';
import type { ReactElement } from 'react';
import { formatDuration } from '../../charts/chart-format.ts';
import { Progress } from '../../components/progress.tsx';
import { formatUsd } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';
import { SignOfLife } from './sign-of-life.tsx';

/** Is it alive, how far is it, when is it done, and what does it cost: of a job that has not ended. */
export function JobVitals({ job }: { readonly job: JobView }): ReactElement | null {
  const nowMs = useNow(1000, !isTerminalJobState(job.state));
  const { progress, signOfLife, timeLeftMs, trainingMs, usdMicrosPerHour } = job;
  if (isTerminalJobState(job.state)) return null;
  const waitedMs = Math.max(0, nowMs - Date.parse(job.createdAt) - trainingMs);
  return (
    <div className="mb-4 space-y-2">
      {progress !== null && <Progress value={progress} label="Progress of this job" />}
      <div className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted tabular-nums">
        {timeLeftMs !== null && <span className="font-medium text-ink">{timeLeftText(timeLeftMs)}</span>}
        {signOfLife !== null && <SignOfLife sign={signOfLife} />}
        <span>
          Training {formatDuration(trainingMs)} · waiting and setup {formatDuration(waitedMs)}
        </span>
        {usdMicrosPerHour > 0 && <span>{formatUsd(usdMicrosPerHour)}/h now</span>}
      </div>
    </div>
  );
}
