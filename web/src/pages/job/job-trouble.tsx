import { isTerminalJobState, logPageSchema, type JobView, type LogStream } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { plainText } from '../../features/logs/ansi.ts';
import { callApi } from '../../lib/api.ts';
import { keys } from '../../lib/queries.ts';
import { jobStatus } from '../../lib/status.ts';

const shownLines = 15;
/** More than fifteen lines of usual length. */
const tailBytes = 16_000;

/** The end of an attempt's output; that of its setup when its command wrote nothing. */
const tailQuery = (jobId: string, attempt: number) => ({
  queryKey: [...keys.job(jobId), 'log-end', attempt],
  queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
    const read = (stream: LogStream) =>
      callApi(`/api/v1/jobs/${jobId}/logs`, logPageSchema, { query: { attempt, stream, tailBytes }, signal });
    const training = await read('training');
    return training.text === '' ? read('setup') : training;
  },
});

/** Whole lines at the end of a text, without the escapes of a terminal. */
function lastLines(text: string, isWhole: boolean): readonly string[] {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const whole = isWhole || lines.length === 1 ? lines : lines.slice(1);
  return whole.slice(-shownLines).map((line) => plainText(line.slice(line.lastIndexOf('\r') + 1)));
}

function LogEnd({ job }: { readonly job: JobView }): ReactElement {
  const { data, error } = useQuery(tailQuery(job.id, job.currentAttempt));
  const lines = useMemo(() => (data === undefined ? null : lastLines(data.text, data.offset === 0)), [data]);
  const isEmpty = lines !== null && lines.every((line) => line === '');
  return (
    <div className="border-t border-line">
      <div className="flex items-center px-4 py-2 text-xs text-muted">
        Last lines of attempt {job.currentAttempt}
        <Link
          to="/jobs/$jobId"
          params={{ jobId: job.id }}
          search={{ tab: 'log', attempt: job.currentAttempt }}
          hash="end"
          className="ml-auto inline-flex min-h-6 items-center font-medium text-accent hover:underline"
        >
          Open in the log
        </Link>
      </div>
      {/* Fifteen lines tall from the start. */}
      <pre
        tabIndex={0}
        role="region"
        aria-label={`Last lines of attempt ${job.currentAttempt}`}
        aria-busy={lines === null && error === null}
        className="h-[20rem] overflow-auto bg-canvas px-4 py-2 font-mono text-xs/5 focus-visible:-outline-offset-2"
      >
        {error !== null ? 'The log cannot be read now.' : isEmpty ? 'This attempt wrote no output.' : lines?.join('\n')}
      </pre>
    </div>
  );
}

/** A failed job opens on its error and the end of its log. */
export function JobFailure({ job }: { readonly job: JobView }): ReactElement | null {
  // The job itself says whether a command can have written: an answer that comes later would move the page.
  const hasLog = job.startedAt !== null;
  if (job.state !== 'failed' && job.state !== 'timed-out') return null;
  const { icon, label } = jobStatus[job.state];
  return (
    <section aria-label="What went wrong" className="overflow-hidden rounded-lg border border-bad/40 bg-surface">
      <div className="flex items-start gap-2.5 bg-bad/10 px-4 py-3 text-sm text-bad">
        <Icon name={icon} className="mt-0.5 size-4" />
        <p className="min-w-0 break-words">{job.message === '' ? label : job.message}</p>
      </div>
      {hasLog && <LogEnd job={job} />}
    </section>
  );
}

/** Why an ended job that has not failed is in its state. The situation of an open job says it with its age. */
export function JobNotice({ job }: { readonly job: JobView }): ReactElement | null {
  if (job.message === '' || job.situation !== null) return null;
  if (['succeeded', 'failed', 'timed-out'].includes(job.state)) return null;
  const { tone, icon } = jobStatus[job.state];
  const box = tone === 'warn' ? 'border-warn/25 bg-warn/10 text-warn' : 'border-line bg-surface text-muted';
  return (
    <div className={`flex items-start gap-2.5 rounded-lg border px-4 py-3 text-sm ${box}`}>
      <Icon name={icon} className="mt-0.5 size-4" />
      <p className="min-w-0 break-words">{job.message}</p>
    </div>
  );
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

export function HeldNote({ job }: { readonly job: JobView }): ReactElement | null {
  if (job.heldAt === null || isTerminalJobState(job.state) || job.situation?.kind === 'held') return null;
  return (
    <div className="flex items-start gap-2.5 rounded-lg border border-warn/25 bg-warn/10 px-4 py-3 text-sm text-warn">
      <Icon name="pause" className="mt-0.5 size-4" />
      <p>
        On hold since <time dateTime={job.heldAt}>{clock.format(new Date(job.heldAt))}</time>. The current attempt
        continues; no new attempts start.
      </p>
    </div>
  );
}
