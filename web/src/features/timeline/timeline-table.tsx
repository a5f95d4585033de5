import { formatMoney, formatDuration } from '@artenic/core';
import type { ReactElement } from 'react';
import { formatTickTime } from '../../charts/chart-format.ts';
import { ChartTable, type ChartTableProps } from '../../charts/chart-frame.tsx';
import type { Timeline } from './lanes.ts';
import { endingWord, offerWords, segmentWords } from './names.ts';

type Column = { readonly head: string; readonly isText?: boolean; readonly cells: readonly (string | number)[] };

const dayMs = 86_400_000;

/** Time of day; with the day where the job ran longer than one. */
function startText(atMs: number, { startMs, endMs }: Timeline): string {
  const time = formatTickTime(atMs, 1000);
  return endMs - startMs < dayMs ? time : `${formatTickTime(atMs, dayMs)} ${time}`;
}

function columnsOf(timeline: Timeline): readonly Column[] {
  const { lanes } = timeline;
  const hasCosts = lanes.some(({ costs }) => costs.some((cost) => cost > 0));
  const rows = lanes.flatMap(({ attempt, segments, costs, checkpoints }) =>
    segments.map((segment, index) => {
      const isLast = index === segments.length - 1;
      const within = checkpoints.filter(({ atMs }) => atMs >= segment.startMs && (atMs < segment.endMs || isLast));
      return { attempt, segment, index, cost: costs[index] ?? 0, checkpoints: within.length };
    }),
  );
  const all: readonly Column[] = [
    { head: 'Attempt', cells: rows.map(({ attempt }) => attempt?.attempt ?? '–') },
    { head: 'Phase', isText: true, cells: rows.map(({ segment }) => segmentWords[segment.kind]) },
    { head: 'From', cells: rows.map(({ segment }) => startText(segment.startMs, timeline)) },
    {
      head: 'Took',
      cells: rows.map(
        ({ segment }) => `${formatDuration(segment.endMs - segment.startMs)}${segment.isOpen ? ' so far' : ''}`,
      ),
    },
    { head: 'Checkpoints', cells: rows.map(({ checkpoints }) => (checkpoints === 0 ? '' : checkpoints)) },
    {
      head: 'Ended',
      isText: true,
      cells: rows.map(({ attempt, segment }) =>
        segment.kind === 'train' && attempt?.ending != null ? endingWord(attempt.ending.kind) : '',
      ),
    },
    { head: 'Cost', cells: hasCosts ? rows.map(({ cost }) => formatMoney(cost)) : [] },
    {
      head: 'Machine',
      isText: true,
      cells: rows.map(({ attempt, index }) => (index > 0 || attempt === null ? '' : offerWords(attempt))),
    },
    {
      head: 'Why started',
      isText: true,
      cells: rows.map(({ attempt, index }) => (index > 0 ? '' : (attempt?.reason ?? ''))),
    },
  ];
  return all.filter(({ cells }) => cells.length > 0);
}

/** Every segment, checkpoint and ending as a table. */
export function TimelineTable({ timeline }: { readonly timeline: Timeline }): ReactElement {
  const columns = columnsOf(timeline);
  const rows: ChartTableProps['rows'] = (columns[0]?.cells ?? []).map((_, row) =>
    columns.map(({ cells }) => cells[row] ?? ''),
  );
  return (
    <ChartTable
      caption="Attempts and what their time went into"
      head={columns.map(({ head }) => head)}
      rows={rows}
      text={columns.flatMap(({ isText }, index) => (isText === true ? [index] : []))}
    />
  );
}
