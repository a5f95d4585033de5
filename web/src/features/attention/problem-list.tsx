import { shortId, roughDuration, type DoctorProblem } from '@artenic/core';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { exactTime } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';

const linkClass = 'font-medium text-accent hover:underline';

function Where({ problem }: { readonly problem: DoctorProblem }): ReactElement | null {
  const { jobId, provider } = problem;
  if (jobId !== null)
    return (
      <Link to="/jobs/$jobId" params={{ jobId }} className={linkClass}>
        Job {shortId(jobId)}
      </Link>
    );
  if (provider === null) return null;
  return (
    <Link to="/providers" className={linkClass}>
      Providers
    </Link>
  );
}

function ProblemItem({ problem }: { readonly problem: DoctorProblem }): ReactElement {
  const { severity, subject, message, advice, since, jobsBlocked } = problem;
  const nowMs = useNow(1000, since !== null);
  const isCritical = severity === 'critical';
  return (
    <li className="flex gap-3 px-4 py-3">
      <Icon name="warning" className={`mt-0.5 size-4 ${isCritical ? 'text-bad' : 'text-warn'}`} />
      <div className="min-w-0 flex-1 space-y-0.5 text-sm">
        <p className="[overflow-wrap:anywhere]">
          <span className="sr-only">{isCritical ? 'Critical: ' : 'Warning: '}</span>
          <strong className="font-semibold">{subject}</strong> {message}
        </p>
        <p className="[overflow-wrap:anywhere] text-muted">{advice}</p>
        <p className="flex flex-wrap gap-x-3 text-xs text-muted tabular-nums">
          {since !== null && (
            <time dateTime={since} title={exactTime(since)}>
              for {roughDuration(Math.max(0, nowMs - Date.parse(since)))}
            </time>
          )}
          {jobsBlocked > 0 && (
            <span>
              {jobsBlocked} {jobsBlocked === 1 ? 'job' : 'jobs'} affected
            </span>
          )}
          <Where problem={problem} />
        </p>
      </div>
    </li>
  );
}

export function ProblemList({ problems }: { readonly problems: readonly DoctorProblem[] }): ReactElement {
  return (
    <ul className="divide-y divide-line">
      {problems.map((problem) => (
        <ProblemItem key={problem.id} problem={problem} />
      ))}
    </ul>
  );
}
