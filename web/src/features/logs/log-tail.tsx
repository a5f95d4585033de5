import {
  useCallback,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type ReactElement,
  type RefObject,
} from 'react';
import { CopyButton } from '../../charts/copy-button.tsx';
import { saveText } from '../../charts/save-text.ts';
import { ToolButton } from '../../charts/tool-button.tsx';
import { lineHash, parseLineHash, selectLine, type LineRange } from './line-hash.ts';
import type { LogLines, LogSource } from './log-lines.ts';
import { Announcer, JumpToLatest, Nothing, VisibleRows } from './log-parts.tsx';
import { numberFormat } from './log-row.tsx';
import { FilterChips, SearchBox } from './log-toolbar.tsx';
import { LogView, noFilter, textOfRows, type LogFilter } from './log-view.ts';
import { useFollow, type Follow } from './use-follow.ts';
import { useLogVersion } from './use-log.ts';
import { useMatches, useRevealHash } from './use-matches.ts';
import { probeText, useMetrics, useRows } from './use-rows.ts';
import './log.css';

export type LogTailProps = {
  readonly lines: LogLines;
  /** Accessible name, such as "Log of attempt 2". */
  readonly label: string;
  /** Whether more lines may arrive. */
  readonly isLive: boolean;
  readonly fileName: string;
  /** The address's hash: `#L12`, `#L12-L20`, `#setup-L3`. */
  readonly hash: string;
  readonly onHashChange: (hash: string) => void;
  readonly emptyText?: string;
  /** Sets the height. */
  readonly className?: string;
};

/** Columns beside the text: line numbers, the source's name and the padding on both sides. */
function gutterOf(lines: LogLines, showsSource: boolean): { readonly columns: number; readonly all: number } {
  const digits = Math.max(3, String(Math.max(...Object.values(lines.bySource))).length);
  return { columns: digits + 3, all: digits + 3 + (showsSource ? 9 : 0) };
}

/** Text of the selected lines, or of all shown lines without a selection. */
function copyText(view: LogView, selected: LineRange | null): string {
  const from = selected === null ? null : view.lines.find(selected.source, selected.from);
  if (selected === null || from === null) return textOfRows(view);
  const to = view.lines.find(selected.source, selected.to) ?? view.lines.endId - 1;
  return textOfRows(view, view.rowOf(from), view.rowOf(to) + 1);
}

/** Turns a click on a line number into the address's new hash. */
function useSelect(hash: string, onHashChange: (hash: string) => void) {
  const latest = useRef({ hash, onHashChange });
  latest.current = { hash, onHashChange };
  return useCallback((source: LogSource, number: number, isExtending: boolean) => {
    const { hash: before, onHashChange: tell } = latest.current;
    tell(lineHash(selectLine(parseLineHash(before), { source, number }, isExtending)));
  }, []);
}

type ToolsProps = Pick<LogTailProps, 'isLive' | 'fileName'> & {
  readonly view: LogView;
  readonly follow: Follow;
  readonly selected: LineRange | null;
  readonly isWrapped: boolean;
  readonly onWrap: () => void;
};

function Tools({ view, follow, selected, isLive, isWrapped, onWrap, fileName }: ToolsProps): ReactElement {
  const { isFollowing, pause, resume } = follow;
  return (
    <div className="ml-auto flex shrink-0 items-center gap-1">
      {isLive && (
        <ToolButton
          label={isFollowing ? 'Pause following' : 'Follow new lines'}
          icon={isFollowing ? 'pause' : 'play'}
          onClick={isFollowing ? pause : resume}
        />
      )}
      <ToolButton label="Wrap long lines" icon="wrap" isPressed={isWrapped} onClick={onWrap} />
      <CopyButton
        label={selected === null ? 'Copy shown lines' : 'Copy selected lines'}
        text={() => copyText(view, selected)}
      />
      <ToolButton
        label="Download shown lines"
        icon="download"
        onClick={() => saveText(fileName, 'text/plain', textOfRows(view))}
      />
    </div>
  );
}

const keysOf =
  (searchInput: RefObject<HTMLInputElement | null>, follow: Follow) =>
  (event: KeyboardEvent): void => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
      event.preventDefault();
      searchInput.current?.select();
    }
    if (event.key === 'End') follow.resume();
    if (['ArrowUp', 'PageUp', 'Home'].includes(event.key)) follow.pause();
  };

/** Live output of a job: 100,000 lines and more, of which only the visible ones are drawn. */
export function LogTail(props: LogTailProps): ReactElement {
  const { lines, label, isLive, hash, onHashChange, className = 'h-128' } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const searchInput = useRef<HTMLInputElement>(null);
  const version = useLogVersion(lines);
  const [filter, setFilter] = useState<LogFilter>(noFilter);
  const [isWrapped, setIsWrapped] = useState(false);
  const [query, setQuery] = useState('');
  const view = useMemo(() => new LogView(lines, filter), [lines, filter]);
  view.sync();

  const showsSource = Object.values(lines.bySource).filter((count) => count > 0).length > 1;
  const gutter = gutterOf(lines, showsSource);
  const metrics = useMetrics(scroller, probe, gutter.all);
  const rows = useRows(view, isWrapped, metrics);
  const follow = useFollow(scroller, { view, rows, ...metrics, isWrapped });
  const matches = useMatches(view, query, version, follow.reveal);
  useRevealHash(lines, hash, version, follow.reveal);
  const onSelect = useSelect(hash, onHashChange);
  const selected = parseLineHash(hash);

  const onStep = (by: 1 | -1): void => {
    const line = Number(/^:(\d+)$/.exec(query)?.[1] ?? 0);
    if (line > 0) onHashChange(lineHash({ source: 'training', from: line, to: line }));
    else matches.step(by);
  };
  const onKeyDown = keysOf(searchInput, follow);
  const shared = { view, follow, selected, isWrapped };

  return (
    <section
      aria-label={label}
      className={`relative flex flex-col overflow-hidden rounded-lg border border-line bg-surface ${className}`}
    >
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
        <SearchBox
          inputRef={searchInput}
          query={query}
          onQueryChange={setQuery}
          found={matches.found}
          onStep={onStep}
        />
        <FilterChips lines={lines} filter={filter} onFilterChange={setFilter} />
        <Tools {...shared} isLive={isLive} fileName={props.fileName} onWrap={() => setIsWrapped(!isWrapped)} />
      </div>
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={`${label}, lines`}
        tabIndex={0}
        onScroll={follow.onScroll}
        onWheel={(event) => event.deltaY < 0 && follow.pause()}
        onKeyDown={onKeyDown}
        style={{ '--log-gutter': `${gutter.columns}ch` } as CSSProperties}
        className="relative min-h-0 flex-1 overflow-auto py-1 font-mono text-xs leading-5 [font-variant-ligatures:none] text-ink [overflow-anchor:none] focus-visible:outline-2 focus-visible:-outline-offset-2 focus-visible:outline-accent"
      >
        <span ref={probe} aria-hidden="true" className="invisible absolute whitespace-pre">
          {probeText}
        </span>
        {lines.firstId > 0 && follow.window.first === 0 && (
          <p className="px-3 text-muted">
            … {numberFormat.format(lines.firstId)} earlier lines were dropped from this view
          </p>
        )}
        <div className={isWrapped ? '' : 'w-max min-w-full'}>
          <div style={{ height: rows.offsetOf(follow.window.first) }} />
          <VisibleRows {...{ view, selected, matches, isWrapped, showsSource, onSelect }} window={follow.window} />
          <div style={{ height: rows.offsetOf(rows.length) - rows.offsetOf(follow.window.end) }} />
        </div>
        {rows.length === 0 && (
          <Nothing isFiltered={lines.endId > lines.firstId} text={props.emptyText} isLive={isLive} />
        )}
      </div>
      {isLive && !follow.isFollowing && <JumpToLatest count={follow.newRows} onClick={follow.resume} />}
      <Announcer lines={lines} />
    </section>
  );
}
