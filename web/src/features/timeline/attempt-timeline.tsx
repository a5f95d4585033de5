import { formatDuration, formatCost } from '@artenic/core';
import {
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type ReactElement,
} from 'react';
import type { AttemptView, MetricPoint } from '@artenic/core';
import { formatTime } from '../../charts/chart-format.ts';
import { ChartFrame } from '../../charts/chart-frame.tsx';
import { useWidth } from '../../charts/use-width.ts';
import { totalCost } from '../../lib/cost.ts';
import { laneName, moveCursor, segmentName, segmentWords, type Cursor } from './names.ts';
import { segmentFills } from './segment-colours.ts';
import { segmentKinds } from './segment.ts';
import { timelineOf, type Lane, type Timeline } from './lanes.ts';
import { resumeOf, resumeWords } from './resumes.ts';
import type { JobTimes } from './segments.ts';
import { timelineTicks } from './ticks.ts';
import { LaneRow } from './timeline-lane.tsx';
import { TimelineTable } from './timeline-table.tsx';
import './timeline.css';

export type AttemptTimelineProps = {
  readonly job: JobTimes;
  readonly attempts: readonly AttemptView[];
  /** End of the timeline while the job is open. */
  readonly nowMs: number;
  /** The job's metrics, which tell the step at a checkpoint. */
  readonly points?: readonly MetricPoint[];
  /** Called on Enter, and on a double click on a segment. */
  readonly onSelectAttempt?: (attempt: number) => void;
};

function Ticks({ timeline, widthPx }: { readonly timeline: Timeline; readonly widthPx: number }): ReactElement {
  const wholeMs = timeline.endMs - timeline.startMs;
  return (
    <div aria-hidden="true" className="relative h-5 text-[11px] text-muted tabular-nums">
      {timelineTicks(wholeMs, widthPx).map(({ atMs, label, isBefore }) => (
        <span
          key={atMs}
          data-tick
          style={{ left: `${(atMs / Math.max(1, wholeMs)) * 100}%` }}
          className={`absolute top-0 whitespace-nowrap ${isBefore ? '-translate-x-full border-r border-line pr-1' : 'border-l border-line pl-1'}`}
        >
          {label}
        </span>
      ))}
    </div>
  );
}

function Legend({ timeline }: { readonly timeline: Timeline }): ReactElement {
  const used = new Set(timeline.lanes.flatMap(({ segments }) => segments.map(({ kind }) => kind)));
  const hasCheckpoints = timeline.lanes.some(({ checkpoints }) => checkpoints.length > 0);
  return (
    <ul aria-label="Legend" className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {segmentKinds
        .filter((kind) => used.has(kind))
        .map((kind) => (
          <li key={kind} className="flex items-center gap-1.5">
            <span aria-hidden="true" className={`size-2.5 rounded-xs forced-color-adjust-none ${segmentFills[kind]}`} />
            {segmentWords[kind]}
          </li>
        ))}
      {hasCheckpoints && (
        <li className="flex items-center gap-1.5">
          <span aria-hidden="true" className="h-2.5 w-0.5 rounded-full bg-ink" />
          Checkpoint
        </li>
      )}
    </ul>
  );
}

/** Describes the segment at the cursor; shared by pointer, keyboard and touch. */
function Detail({ timeline, cursor }: { readonly timeline: Timeline; readonly cursor: Cursor | null }): ReactElement {
  const lane = cursor === null ? undefined : timeline.lanes[cursor.lane];
  const segment = cursor === null ? undefined : lane?.segments[cursor.segment];
  if (lane === undefined || segment === undefined) {
    return (
      <p className="invisible min-h-10 text-xs text-muted peer-hover:visible peer-focus:visible">
        Hover a segment, or use the arrow keys.
      </p>
    );
  }
  const { attempt, costs } = lane;
  const cost = costs[cursor?.segment ?? 0] ?? 0;
  const why = attempt?.reason ?? '';
  const end = attempt?.ending?.message ?? '';
  return (
    <p className="min-h-10 text-xs text-muted">
      <span className="font-medium text-ink">{segmentName(segment)}</span>
      {' · '}
      {laneName(lane)}
      {cost > 0 && ` · ${formatCost({ usdMicros: cost, isFinal: attempt?.cost.isFinal === true })}`}
      {' · from '}
      {formatTime(segment.startMs)}
      {attempt?.restoredFrom !== null && attempt !== null && ` · resumed from ${attempt.restoredFrom}`}
      {why !== '' && (
        <>
          <br />
          Started because: {why}
        </>
      )}
      {end !== '' && (
        <>
          <br />
          Ended: {end}
        </>
      )}
    </p>
  );
}

const noPoints: readonly MetricPoint[] = [];

function resumedWords(lane: Lane, attempts: readonly AttemptView[], points: readonly MetricPoint[]): string {
  const resume = lane.attempt === null ? null : resumeOf(lane.attempt, attempts, points);
  return resume === null ? '' : resumeWords(resume);
}

/** Timeline of a job by attempt. */
export function AttemptTimeline(props: AttemptTimelineProps): ReactElement {
  const { job, attempts, nowMs, points = noPoints, onSelectAttempt } = props;
  const grid = useRef<HTMLDivElement>(null);
  const widthPx = useWidth(grid);
  const timeline = timelineOf(job, attempts, nowMs);
  const { lanes } = timeline;
  const baseId = useId();
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const idOf = ({ lane, segment }: Cursor): string => `${baseId}-${lane}-${segment}`;
  const select = (at: Cursor | null): void => {
    const attempt = at === null ? undefined : lanes[at.lane]?.attempt?.attempt;
    if (attempt !== undefined) onSelectAttempt?.(attempt);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') select(cursor);
    const next = moveCursor(lanes, cursor ?? { lane: 0, segment: -1 }, event.key);
    if (next === null) return;
    event.preventDefault();
    setCursor(next);
  };
  const cellUnder = (event: PointerEvent | MouseEvent): Cursor | null => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-segment]') : null;
    return cell === null ? null : { lane: Number(cell.dataset['lane']), segment: Number(cell.dataset['segment']) };
  };
  const wall = formatDuration(timeline.endMs - timeline.startMs);
  const cost = totalCost(attempts.map((attempt) => attempt.cost));
  const note = cost === null ? wall : `${wall} · ${formatCost(cost)}`;
  const summary = `${note} in all. ${lanes.map((lane) => `${laneName(lane)}: ${lane.segments.map(segmentName).join(', ')}.`).join(' ')}`;
  return (
    <ChartFrame title="Attempts" note={note} summary={summary} table={() => <TimelineTable timeline={timeline} />}>
      <div
        ref={grid}
        role="grid"
        tabIndex={0}
        aria-label="Attempts over time"
        aria-activedescendant={cursor === null ? undefined : idOf(cursor)}
        onKeyDown={onKeyDown}
        onFocus={() => setCursor((before) => before ?? { lane: 0, segment: 0 })}
        onPointerMove={(event) => setCursor(cellUnder(event) ?? cursor)}
        onDoubleClick={(event) => select(cellUnder(event))}
        className="peer grid grid-cols-1 gap-y-1 rounded-md focus-visible:outline-2 focus-visible:outline-offset-4 focus-visible:outline-accent"
      >
        {lanes.map((lane, index) => (
          <LaneRow
            key={lane.attempt?.id ?? 'job'}
            {...{ timeline, lane, index, cursor, idOf }}
            resumed={resumedWords(lane, attempts, points)}
          />
        ))}
        <Ticks timeline={timeline} widthPx={widthPx} />
      </div>
      <Detail timeline={timeline} cursor={cursor} />
      <Legend timeline={timeline} />
    </ChartFrame>
  );
}
