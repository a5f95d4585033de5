import { formatDuration } from '@artenic/core';
import type { ReactElement } from 'react';
import type { AttemptView } from '@artenic/core';
import { ChartFrame, ChartTable } from '../../charts/chart-frame.tsx';
import { segmentFills } from './segment-colours.ts';
import { startBreakdown, type StartPartKind, type StartTimes } from './time-to-start-parts.ts';
import type { WaitSpan } from './wait-spans.ts';
import './timeline.css';

export type TimeToStartProps = {
  readonly job: StartTimes;
  readonly attempts: readonly AttemptView[];
  /** End of the breakdown until the first attempt trains. */
  readonly nowMs: number;
  /** Waits for credentials and providers. */
  readonly waits?: readonly WaitSpan[];
};

const partWords: Readonly<Record<StartPartKind, string>> = {
  prepare: 'Preparing',
  credentials: 'Waiting for credentials',
  provider: 'Waiting for a provider',
  queue: 'Waiting for capacity',
  retry: 'Attempts that did not start',
  provision: 'Starting the instance',
  setup: 'Setup',
};

/** Breakdown of the time from submission to training, with the party that can shorten each part. */
export function TimeToStart({ job, attempts, nowMs, waits = [] }: TimeToStartProps): ReactElement {
  const { parts, totalMs, hasStarted } = startBreakdown(job, attempts, nowMs, waits);
  const total = formatDuration(totalMs);
  const isOver = job.finishedAt !== null;
  const note = hasStarted ? total : isOver ? `never started, ${total}` : `${total} so far`;
  const rows = parts.map(({ kind, durationMs, owner, hint }) => [
    partWords[kind],
    formatDuration(durationMs),
    owner,
    hint,
  ]);
  const summary = `${note}. ${rows.map(([part, took, owner]) => `${part} ${took}, ${owner}`).join('; ')}.`;
  return (
    <ChartFrame
      title="Time to start"
      note={note}
      summary={summary}
      table={() => <ChartTable caption="Time to start" head={['Part', 'Took', 'Who', 'Why']} rows={rows} />}
    >
      <div aria-hidden="true" className="flex h-3 gap-px overflow-hidden rounded-full bg-raised">
        {parts.map(({ kind, durationMs }) => (
          <span
            key={kind}
            style={{ flexGrow: durationMs }}
            className={`min-w-[3px] basis-0 forced-color-adjust-none transition-[flex-grow] motion-reduce:transition-none ${segmentFills[kind]}`}
          />
        ))}
      </div>
      <ul className="grid gap-x-6 gap-y-2 text-xs [grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr))]">
        {parts.map(({ kind, durationMs, owner, hint }) => (
          <li key={kind} className="flex gap-2">
            <span
              aria-hidden="true"
              className={`mt-1 size-2.5 forced-color-adjust-none shrink-0 rounded-xs ${segmentFills[kind]}`}
            />
            <span className="min-w-0">
              <span className="flex flex-wrap items-baseline gap-x-2">
                <span className="text-ink">{partWords[kind]}</span>
                <span className="font-medium text-ink tabular-nums">{formatDuration(durationMs)}</span>
                <span className="text-muted tabular-nums">
                  {Math.round((durationMs / Math.max(1, totalMs)) * 100)} %
                </span>
              </span>
              <span className="block text-muted">
                {owner}. {hint}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </ChartFrame>
  );
}
