import type { KeyboardEvent, ReactElement, RefObject } from 'react';
import { Icon } from '../../components/icon.tsx';
import { ToolButton } from '../../charts/tool-button.tsx';
import { logLevels, type LogLevel } from './level.ts';
import { logSources, type LogLines, type LogSource } from './log-lines.ts';
import { numberFormat } from './log-row.tsx';
import type { LogFilter } from './log-view.ts';
import { useCalmText } from './use-log.ts';

const levelWords: Readonly<Record<LogLevel, string>> = {
  error: 'Errors',
  warn: 'Warnings',
  info: 'Info',
  debug: 'Debug',
  plain: 'Other',
};
const dotOf: Readonly<Record<LogLevel, string>> = {
  error: 'bg-bad',
  warn: 'bg-warn',
  info: 'bg-info',
  debug: 'bg-muted',
  plain: 'bg-line',
};
const sourceWords: Readonly<Record<LogSource, string>> = { setup: 'Setup', training: 'Training', system: 'System' };

const chipClass =
  'inline-flex h-6 shrink-0 items-center gap-1.5 rounded-full border px-2 text-xs transition-colors focus-visible:outline-2 focus-visible:outline-offset-1 focus-visible:outline-accent motion-reduce:transition-none border-line bg-raised text-ink aria-[pressed=false]:border-dashed aria-[pressed=false]:bg-transparent aria-[pressed=false]:text-muted hover:text-ink';

function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}

type ChipProps = {
  readonly word: string;
  readonly count: number;
  readonly isShown: boolean;
  readonly dot?: string;
  readonly onToggle: () => void;
};

function Chip({ word, count, isShown, dot, onToggle }: ChipProps): ReactElement {
  return (
    <button type="button" aria-pressed={isShown} className={chipClass} onClick={onToggle}>
      {dot !== undefined && (
        <span aria-hidden="true" className={`size-1.5 rounded-full ${dot} ${isShown ? '' : 'opacity-40'}`} />
      )}
      <span className={isShown ? '' : 'line-through'}>{word}</span>
      <span className="text-muted tabular-nums">{numberFormat.format(count)}</span>
    </button>
  );
}

export type FilterChipsProps = {
  readonly lines: LogLines;
  readonly filter: LogFilter;
  readonly onFilterChange: (filter: LogFilter) => void;
};

export function FilterChips({ lines, filter, onFilterChange }: FilterChipsProps): ReactElement | null {
  const levels = logLevels.filter((level) => lines.byLevel[level] > 0 || filter.hiddenLevels.has(level));
  const sources = logSources.filter((source) => lines.bySource[source] > 0 || filter.hiddenSources.has(source));
  if (levels.length < 2 && sources.length < 2) return null;
  return (
    <div className="relative flex min-w-0 flex-1 items-center gap-1.5 overflow-x-auto p-0.5 sm:order-last sm:basis-full sm:flex-wrap">
      {levels.length > 1 && (
        <div role="group" aria-label="Levels shown" className="flex gap-1">
          {levels.map((level) => (
            <Chip
              key={level}
              word={levelWords[level]}
              count={lines.byLevel[level]}
              isShown={!filter.hiddenLevels.has(level)}
              dot={dotOf[level]}
              onToggle={() => onFilterChange({ ...filter, hiddenLevels: toggled(filter.hiddenLevels, level) })}
            />
          ))}
        </div>
      )}
      {sources.length > 1 && (
        <div role="group" aria-label="Streams shown" className="flex gap-1 border-l border-line pl-1.5">
          {sources.map((source) => (
            <Chip
              key={source}
              word={sourceWords[source]}
              count={lines.bySource[source]}
              isShown={!filter.hiddenSources.has(source)}
              onToggle={() => onFilterChange({ ...filter, hiddenSources: toggled(filter.hiddenSources, source) })}
            />
          ))}
        </div>
      )}
    </div>
  );
}

export type SearchBoxProps = {
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly query: string;
  readonly onQueryChange: (query: string) => void;
  /** Position of the current match from 1, and the number of matches; null without a query. */
  readonly found: { readonly current: number; readonly count: number; readonly isMore: boolean } | null;
  readonly onStep: (by: 1 | -1) => void;
};

function foundWords({ current, count, isMore }: NonNullable<SearchBoxProps['found']>): string {
  if (count === 0) return isMore ? 'Searching' : 'No matches';
  return `${numberFormat.format(current)} of ${numberFormat.format(count)}${isMore ? '+' : ''}`;
}

export function SearchBox({ inputRef, query, onQueryChange, found, onStep }: SearchBoxProps): ReactElement {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      event.preventDefault();
      onStep(event.shiftKey ? -1 : 1);
    }
    if (event.key === 'Escape' && query !== '') {
      event.stopPropagation();
      onQueryChange('');
    }
  };
  const hasMatches = found !== null && found.count > 0;
  const words = found === null ? '' : foundWords(found);
  const said = useCalmText(words, `${query} ${found?.current ?? 0}`);
  return (
    <div className="flex h-8 min-w-0 flex-1 items-center gap-1 rounded-md border border-line bg-canvas px-2 text-muted max-sm:basis-full focus-within:border-accent focus-within:outline-1 focus-within:outline-accent sm:max-w-96">
      <Icon name="search" className="size-3.5" />
      <input
        ref={inputRef}
        data-filter
        type="search"
        value={query}
        aria-label="Search the log; a colon and a number goes to that line"
        placeholder="Search, or :120 for a line"
        className="min-w-0 flex-1 bg-transparent px-1 h-7 text-sm text-ink outline-none placeholder:text-muted [&::-webkit-search-cancel-button]:hidden"
        onChange={(event) => onQueryChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <span className="shrink-0 text-xs tabular-nums">{words}</span>
      <span role="status" className="sr-only">
        {said}
      </span>
      {found !== null && (
        <span className="flex shrink-0">
          <ToolButton label="Previous match" icon="chevronUp" isDisabled={!hasMatches} onClick={() => onStep(-1)} />
          <ToolButton label="Next match" icon="chevronDown" isDisabled={!hasMatches} onClick={() => onStep(1)} />
        </span>
      )}
    </div>
  );
}
