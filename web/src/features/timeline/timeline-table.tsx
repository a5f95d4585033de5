import type { ReactElement } from 'react';
import { formatDuration, formatTime } from '../../charts/chart-format.ts';
import { ChartTable } from '../../charts/chart-frame.tsx';
import { formatUsd } from '../../lib/format.ts';
import { endingWord, segmentWords } from './names.ts';
import type { Timeline } from './segments.ts';

/** Every segment, checkpoint and ending as a table. */
export function TimelineTable({ timeline }: { readonly timeline: Timeline }): ReactElement {
  const hasCosts = timeline.lanes.some(({ costs }) => costs.some((cost) => cost > 0));
  const rows = timeline.lanes.flatMap(({ attempt, segments, costs, checkpoints }) =>
    segments.map((segment, index) => {
      const isLast = index === segments.length - 1;
      const count = checkpoints.filter(
        ({ atMs }) => atMs >= segment.startMs && (atMs < segment.endMs || isLast),
      ).length;
      const ending =
        segment.kind === 'train' && attempt?.ending !== null && attempt !== null ? endingWord(attempt.ending.kind) : '';
      return [
        attempt === null ? '–' : attempt.attempt,
        segmentWords[segment.kind],
        formatTime(segment.startMs),
        `${formatDuration(segment.endMs - segment.startMs)}${segment.isOpen ? ' so far' : ''}`,
        count === 0 ? '' : count,
        ending,
        ...(hasCosts ? [formatUsd(costs[index] ?? 0)] : []),
        index === 0 ? (attempt?.reason ?? '') : '',
      ];
    }),
  );
  return (
    <ChartTable
      caption="Attempts and what their time went into"
      head={['Attempt', 'Phase', 'From', 'Took', 'Checkpoints', 'Ended', ...(hasCosts ? ['Cost'] : []), 'Why started']}
      rows={rows}
    />
  );
}
