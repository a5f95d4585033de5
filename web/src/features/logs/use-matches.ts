import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { parseLineHash, type LineRange } from './line-hash.ts';
import type { LogLines } from './log-lines.ts';
import { searchPattern } from './log-search.ts';
import type { LogView } from './log-view.ts';
import { useLogSearch } from './use-log.ts';

export type Matches = {
  readonly pattern: RegExp | null;
  readonly found: { readonly current: number; readonly count: number; readonly isMore: boolean } | null;
  /** Line id and index within the line of the current match; -1 for none. */
  readonly currentId: number;
  readonly currentOrdinal: number;
  readonly step: (by: 1 | -1) => void;
};

/**
 * Search while the user types: the first match is shown at once, Enter shows the next. `:120` is a line, not a search.
 */
export function useMatches(view: LogView, query: string, version: number, reveal: (id: number) => void): Matches {
  const wanted = useDeferredValue(query.startsWith(':') ? '' : query);
  const pattern = useMemo(() => searchPattern(wanted), [wanted]);
  const { search, count, isSearching } = useLogSearch(view, pattern, version);
  const [current, setCurrent] = useState(-1);
  const shown = useRef<typeof search>(null);

  const go = (match: number): void => {
    setCurrent(match);
    if (search !== null && match >= 0) reveal(search.idAt(match));
  };
  const hasMatches = count > 0;
  useEffect(() => {
    if (shown.current === search) return;
    if (search === null || hasMatches) shown.current = search;
    if (hasMatches) go(0);
    else setCurrent(-1);
    // oxlint-disable-next-line react/exhaustive-deps
  }, [search, hasMatches]);

  const isCurrent = search !== null && current >= 0 && current < count;
  return {
    pattern,
    found: search === null ? null : { current: current + 1, count, isMore: isSearching || search.isCapped },
    currentId: isCurrent ? search.idAt(current) : -1,
    currentOrdinal: isCurrent ? search.ordinalAt(current) : -1,
    step: (by) => search !== null && go(search.step(current, by)),
  };
}

/** Number of lines that a reader sees at once. */
const seenLines = 20;

/** The line that is brought to the middle: that of a short range, so that all of it is seen; the first of a long one. */
const shownLine = ({ from, to }: LineRange): number => (to - from < seenLines ? Math.floor((from + to) / 2) : from);

/** Shows the line named in the address as soon as it is loaded; once per address. */
export function useRevealHash(lines: LogLines, hash: string, version: number, reveal: (id: number) => void): void {
  const done = useRef('');
  useEffect(() => {
    if (done.current === hash) return;
    const range = parseLineHash(hash);
    const id = range === null ? null : lines.find(range.source, shownLine(range));
    if (range !== null && id === null) return;
    done.current = hash;
    if (id !== null) reveal(id);
  }, [lines, hash, version, reveal]);
}
