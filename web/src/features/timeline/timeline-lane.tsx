import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { StatusDot, toneText } from '../../components/status-dot.tsx';
import { costOrFree } from '../../lib/cost.ts';
import { attemptStatus, endingStatus, jobStatus } from '../../lib/status.ts';
import { laneName, segmentName, type Cursor } from './names.ts';
import { segmentFills } from './segment-colours.ts';
import type { Lane, Timeline } from './segments.ts';

export type LaneRowProps = {
  readonly timeline: Timeline;
  readonly lane: Lane;
  readonly index: number;
  readonly cursor: Cursor | null;
  readonly idOf: (cursor: Cursor) => string;
};

function Outcome({ lane }: { readonly lane: Lane }): ReactElement {
  const { attempt } = lane;
  if (attempt === null && !lane.segments.some(({ isOpen }) => isOpen))
    return <span className="text-muted">ended before an attempt</span>;
  if (attempt === null || attempt.ending === null) {
    const { label, tone, isBusy } = attempt === null ? jobStatus.preparing : attemptStatus[attempt.state];
    return (
      <span className={`flex items-center gap-1.5 ${toneText[tone]}`}>
        <StatusDot tone={tone} isBusy={isBusy === true} />
        {label}
      </span>
    );
  }
  const { label, icon, tone } = endingStatus[attempt.ending.kind];
  return (
    <span className={`flex items-center gap-1.5 ${toneText[tone]}`}>
      <Icon name={icon} className="size-3.5" />
      {label}
    </span>
  );
}

/** Row of an attempt: its segments along the job's time, with checkpoints as ticks above them. */
export function LaneRow({ timeline, lane, index, cursor, idOf }: LaneRowProps): ReactElement {
  const wholeMs = Math.max(1, timeline.endMs - timeline.startMs);
  const share = (ms: number): string => `${(ms / wholeMs) * 100}%`;
  const { attempt } = lane;
  const hasCosts = timeline.lanes.some((one) => (one.attempt?.cost.usdMicros ?? 0) > 0);
  return (
    <div role="row" aria-label={laneName(lane)} className="contents">
      <div role="rowheader" className="flex min-w-0 items-center gap-x-3 text-xs sm:h-9 max-sm:mt-2">
        <span className="shrink-0 font-medium text-ink">{attempt === null ? 'Job' : `Attempt ${attempt.attempt}`}</span>
        <span className="min-w-0 truncate text-muted sm:hidden lg:inline">
          {attempt !== null && `${attempt.provider} · ${attempt.instanceType}`}
        </span>
        <span className="ml-auto shrink-0">
          <Outcome lane={lane} />
        </span>
        {attempt !== null && hasCosts && (
          <span className="w-16 shrink-0 text-right text-muted tabular-nums">{costOrFree(attempt.cost)}</span>
        )}
      </div>
      <div role="presentation" className="relative h-9">
        <span aria-hidden="true" className="absolute inset-x-0 top-1/2 h-px bg-line" />
        {lane.segments.map((segment, place) => {
          const at = { lane: index, segment: place };
          const isCurrent = cursor?.lane === index && cursor.segment === place;
          return (
            <div
              key={place}
              id={idOf(at)}
              role="gridcell"
              data-lane={index}
              data-segment={place}
              aria-selected={isCurrent}
              aria-label={`${segmentName(segment)}; ${laneName(lane)}`}
              style={{ left: share(segment.startMs - timeline.startMs), width: share(segment.endMs - segment.startMs) }}
              className={`absolute inset-y-1.5 forced-color-adjust-none min-w-[3px] cursor-pointer border-r border-surface first-of-type:rounded-l-sm last-of-type:rounded-r-sm hover:brightness-110 ${segmentFills[segment.kind]} ${isCurrent ? 'z-10 outline-2 outline-offset-1 outline-accent' : ''}`}
            />
          );
        })}
        {lane.checkpoints.map(({ name, sequence, atMs }) => (
          <span
            key={sequence}
            aria-hidden="true"
            title={`Checkpoint ${name}`}
            style={{ left: share(atMs - timeline.startMs) }}
            className="absolute top-0 z-10 h-2 w-0.5 -translate-x-1/2 rounded-full bg-ink"
          />
        ))}
      </div>
    </div>
  );
}
