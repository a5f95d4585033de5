import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import type { LineRange } from './line-hash.ts';
import type { LogLines, LogSource } from './log-lines.ts';
import { LogRow, numberFormat } from './log-row.tsx';
import type { LogView } from './log-view.ts';
import type { RowWindow } from './use-follow.ts';
import { useAnnouncement } from './use-log.ts';
import type { Matches } from './use-matches.ts';

export type VisibleRowsProps = {
  readonly view: LogView;
  readonly window: RowWindow;
  readonly selected: LineRange | null;
  readonly matches: Matches;
  readonly isWrapped: boolean;
  readonly showsSource: boolean;
  readonly onSelect: (source: LogSource, number: number, isExtending: boolean) => void;
};

function isIn(range: LineRange | null, source: LogSource, number: number | null): boolean {
  return range !== null && number !== null && range.source === source && number >= range.from && number <= range.to;
}

export function VisibleRows({ view, window, selected, matches, ...rest }: VisibleRowsProps): ReactElement {
  const ids = Array.from({ length: Math.max(0, window.end - window.first) }, (_, at) => view.idAt(window.first + at));
  return (
    <>
      {ids.map((id) => {
        const line = view.lines.line(id);
        return (
          <LogRow
            key={id}
            {...rest}
            {...line}
            isSelected={isIn(selected, line.source, line.number)}
            pattern={matches.pattern}
            currentMatch={matches.currentId === id ? matches.currentOrdinal : -1}
          />
        );
      })}
    </>
  );
}

export type NothingProps = {
  readonly isFiltered: boolean;
  readonly isLive: boolean;
  readonly text: string | undefined;
};

export function Nothing({ isFiltered, isLive, text }: NothingProps): ReactElement {
  const words = isFiltered
    ? 'No line passes the filter.'
    : (text ?? (isLive ? 'Waiting for the first line of output.' : 'This attempt wrote nothing.'));
  return (
    <p className="sticky left-0 flex h-40 items-center justify-center gap-2 px-6 text-center font-sans text-sm text-muted">
      {isLive && !isFiltered && (
        <span aria-hidden="true" className="size-2 animate-pulse rounded-full bg-info motion-reduce:animate-none" />
      )}
      {words}
    </p>
  );
}

export function JumpToLatest({
  count,
  onClick,
}: {
  readonly count: number;
  readonly onClick: () => void;
}): ReactElement {
  return (
    <button
      type="button"
      onClick={onClick}
      className="absolute bottom-4 left-1/2 inline-flex h-8 w-max -translate-x-1/2 items-center gap-2 rounded-full border border-line bg-raised px-3 text-xs font-medium text-ink shadow-lg hover:border-accent focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:outline-accent"
    >
      <Icon name="latest" className="size-3.5" />
      Jump to latest
      {count > 0 && (
        <span className="rounded-full bg-accent/15 px-1.5 text-accent tabular-nums">
          {numberFormat.format(count)} new
        </span>
      )}
    </button>
  );
}

export function Announcer({ lines }: { readonly lines: LogLines }): ReactElement {
  return (
    <p role="status" className="sr-only">
      {useAnnouncement(lines)}
    </p>
  );
}
