import { isTerminalJobState, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, type ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { attemptsQuery } from '../../lib/queries.ts';
import { AttemptPicker } from './attempt-picker.tsx';

const JobLog = lazy(() => import('./job-log.tsx').then((m) => ({ default: m.JobLog })));

export function LogTab({ job }: { readonly job: JobView }): ReactElement {
  const { data: attempts = [] } = useQuery(attemptsQuery(job.id));
  const search = useSearch({ from: '/shell/jobs/$jobId' });
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const attempt = search.attempt ?? Math.max(1, job.currentAttempt);
  return (
    <Card
      title="Log"
      isFlush
      actions={
        <AttemptPicker
          attempts={attempts}
          value={attempt}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, tab: 'log', attempt: next }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      {job.currentAttempt === 0 ? (
        <p className="px-4 py-10 text-center text-sm text-muted">
          {isTerminalJobState(job.state)
            ? 'The job ended before its first attempt.'
            : 'The log starts with the first attempt.'}
        </p>
      ) : (
        <Suspense fallback={<Skeleton className="m-4 h-[max(24rem,calc(100dvh-20rem))]" />}>
          <JobLog key={attempt} jobId={job.id} attempt={attempt} />
        </Suspense>
      )}
    </Card>
  );
}
