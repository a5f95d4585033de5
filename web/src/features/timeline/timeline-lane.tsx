import { formatCost } from '@artenic/core';
import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { StatusDot, toneText } from '../../components/status-dot.tsx';
import { attemptStatus, endingStatus, jobStatus } from '../../lib/status.ts';
import type { Lane, Timeline } from './lanes.ts';
import { laneName, offerWords, segmentName, type Cursor } from './names.ts';
import { segmentFills } from './segment-colours.ts';

export type LaneRowProps = {
  readonly timeline: Timeline;
  readonly lane: Lane;
  readonly index: number;
  readonly cursor: Cursor | null;
  readonly idOf: (cursor: Cursor) => string;
  /** From where the attempt went on, and what was lost; empty for one that had nothing to go on from. */
  readonly resumed: string;
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

function Label({ lane, resumed, hasCosts }: Pick<LaneRowProps, 'lane' | 'resumed'> & { readonly hasCosts: boolean }) {
  const { attempt } = lane;
  return (
    <div role="rowheader" className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-0.5 text-xs">
      <span className="font-medium text-ink">{attempt === null ? 'Job' : `Attempt ${attempt.attempt}`}</span>
      {attempt !== null && <span className="text-muted tabular-nums">{offerWords(attempt)}</span>}
      {resumed !== '' && <span className="text-muted tabular-nums">{resumed}</span>}
      <span className="ml-auto flex items-center gap-3">
        <Outcome lane={lane} />
        {attempt !== null && hasCosts && (
          <span className="text-right whitespace-nowrap text-muted tabular-nums">{formatCost(attempt.cost)}</span>
        )}
      </span>
    </div>
  );
}

/** Row of an attempt: its label, and below it its segments along the job's time, with checkpoints as ticks on top. */
export function LaneRow({ timeline, lane, index, cursor, idOf, resumed }: LaneRowProps): ReactElement {
  const wholeMs = Math.max(1, timeline.endMs - timeline.startMs);
  const share = (ms: number): string => `${(ms / wholeMs) * 100}%`;
  const hasCosts = timeline.lanes.some((one) => (one.attempt?.cost.usdMicros ?? 0) > 0);
  return (
    <div role="row" aria-label={laneName(lane)} className="grid min-w-0 grid-cols-1 pt-1">
      <Label lane={lane} resumed={resumed} hasCosts={hasCosts} />
      <div role="presentation" className="relative h-8">
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
