import type { OverviewView } from '@artenic/core';
import { useState, type ReactElement } from 'react';
import { ChartFrame, ChartTable } from '../../charts/chart-frame.tsx';
import { niceTicks } from '../../charts/scale.ts';
import { formatCount } from '../../lib/format.ts';

type Day = OverviewView['days'][number];

const dayWords = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const wordsOf = ({ day }: Day): string => dayWords.format(new Date(day));

const parts = [
  { name: 'Succeeded', fill: 'bg-ok', of: (day: Day) => day.succeeded },
  { name: 'Failed', fill: 'bg-bad', of: (day: Day) => day.failed + day.timedOut },
  { name: 'Cancelled', fill: 'bg-muted/60', of: (day: Day) => day.cancelled },
] as const;

const sumOf = (day: Day): number => parts.reduce((sum, part) => sum + part.of(day), 0);

function Column({
  day,
  top,
  isDim,
}: {
  readonly day: Day;
  readonly top: number;
  readonly isDim: boolean;
}): ReactElement {
  return (
    <div
      className={`mx-auto flex h-full w-full max-w-9 flex-col-reverse gap-px overflow-hidden rounded-sm transition-opacity ${isDim ? 'opacity-40' : ''}`}
    >
      {parts.map((part) => (
        <span key={part.name} className={part.fill} style={{ height: `${(part.of(day) / top) * 100}%` }} />
      ))}
    </div>
  );
}

/** Ended jobs by day and by final state, stacked. */
export function EndedJobs({ days }: { readonly days: readonly Day[] }): ReactElement {
  const [at, setAt] = useState<number | null>(null);
  const ticks = [...new Set(niceTicks(0, Math.max(1, ...days.map(sumOf)), 3).map(Math.ceil))];
  const top = ticks.at(-1) ?? 1;
  const shown = at === null ? undefined : days[at];
  const sums = parts.map((part) => days.reduce((sum, day) => sum + part.of(day), 0));
  return (
    <ChartFrame
      title="Jobs ended"
      note={shown === undefined ? 'by day, UTC' : wordsOf(shown)}
      summary={parts.map((part, place) => `${part.name}: ${sums[place]} in ${days.length} days`).join('. ')}
      table={() => (
        <ChartTable
          caption="Jobs ended by day"
          head={['Day', ...parts.map(({ name }) => name)]}
          rows={days.map((day) => [wordsOf(day), ...parts.map((part) => part.of(day))])}
        />
      )}
    >
      <div className="grid grid-cols-[1.75rem_1fr] gap-x-2">
        <div aria-hidden="true" className="relative h-36 text-right text-2xs text-muted tabular-nums">
          {ticks.map((tick) => (
            <span key={tick} className="absolute right-0 translate-y-1/2" style={{ bottom: `${(tick / top) * 100}%` }}>
              {formatCount(tick)}
            </span>
          ))}
        </div>
        <div aria-hidden="true" className="relative h-36" onPointerLeave={() => setAt(null)}>
          {ticks.map((tick) => (
            <span
              key={tick}
              className="absolute inset-x-0 border-t border-line"
              style={{ bottom: `${(tick / top) * 100}%` }}
            />
          ))}
          <div className="relative flex h-full gap-1">
            {days.map((day, place) => (
              <div key={day.day} className="h-full flex-1" onPointerEnter={() => setAt(place)}>
                <Column day={day} top={top} isDim={at !== null && at !== place} />
              </div>
            ))}
          </div>
        </div>
        <div aria-hidden="true" className="col-start-2 mt-1.5 flex gap-1 text-center text-2xs text-muted tabular-nums">
          {days.map((day, place) => (
            <span key={day.day} className="w-0 flex-1 whitespace-nowrap">
              {(days.length - 1 - place) % 3 === 0 ? wordsOf(day) : ''}
            </span>
          ))}
        </div>
      </div>
      <ul aria-label="Legend" className="flex flex-wrap gap-x-4 gap-y-1 pt-1 text-xs text-muted">
        {parts.map((part, place) => (
          <li key={part.name} className="flex items-center gap-1.5 tabular-nums">
            <span aria-hidden="true" className={`size-2.5 rounded-xs ${part.fill}`} />
            {part.name}
            <span className="font-medium text-ink">
              {formatCount(shown === undefined ? (sums[place] ?? 0) : part.of(shown))}
            </span>
          </li>
        ))}
      </ul>
    </ChartFrame>
  );
}
