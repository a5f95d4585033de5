import { isTerminalJobState, roughDuration, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { attemptsQuery } from '../../lib/queries.ts';
import { useNow } from '../../lib/use-now.ts';

/** A command that saves on request does so within seconds. */
const ignoredAfterMs = 60_000;

/** Says whether a requested checkpoint has been saved, and that the command ignores the request after a minute. */
export function CheckpointNote({ job }: { readonly job: JobView }): ReactElement | null {
  const { checkpointAskedAt } = job;
  const { data: attempts } = useQuery(attemptsQuery(job.id));
  const nowMs = useNow(1000, checkpointAskedAt !== null);
  // Before the attempts are known, a checkpoint may have been saved.
  if (checkpointAskedAt === null || attempts === undefined || isTerminalJobState(job.state)) return null;
  const askedMs = Date.parse(checkpointAskedAt);
  const saved = attempts
    .flatMap(({ checkpoints }) => checkpoints)
    .some(({ createdAt }) => Date.parse(createdAt) >= askedMs);
  if (saved) return null;
  const isIgnored = nowMs - askedMs > ignoredAfterMs;
  const age = roughDuration(Math.max(0, nowMs - askedMs));
  return (
    <div
      role="status"
      className={`flex items-start gap-2.5 rounded-lg border px-4 py-3 text-sm ${isIgnored ? 'border-warn/25 bg-warn/10 text-warn' : 'border-line bg-surface text-muted'}`}
    >
      <Icon name={isIgnored ? 'warning' : 'archive'} className="mt-0.5 size-4" />
      <p>
        {isIgnored
          ? `No checkpoint has been saved since it was requested ${age} ago. The command seems to ignore the request: see “Checkpoints” in docs/runner-contract.md.`
          : 'Checkpoint requested. It will appear on the timeline once saved.'}
      </p>
    </div>
  );
}
