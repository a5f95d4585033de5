import type { ReactElement } from 'react';
import { formatDuration, formatTime } from '../../charts/chart-format.ts';
import { ChartTable } from '../../charts/chart-frame.tsx';
import { endingWord, segmentWords } from './names.ts';
import type { Timeline } from './segments.ts';

/** Every segment, checkpoint and ending in words. */
export function TimelineTable({ timeline }: { readonly timeline: Timeline }): ReactElement {
  const rows = timeline.lanes.flatMap(({ attempt, segments, checkpoints }) =>
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
      ];
    }),
  );
  return (
    <ChartTable
      caption="Attempts and what their time went into"
      head={['Attempt', 'Phase', 'From', 'Took', 'Checkpoints', 'Ended']}
      rows={rows}
    />
  );
}
