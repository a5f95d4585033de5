import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { LogLines } from './log-lines.ts';
import { LogSearch } from './log-search.ts';
import type { LogView } from './log-view.ts';

/** Rerenders at most once per animation frame, however many lines arrive. */
export function useLogVersion(lines: LogLines): number {
  const subscribe = useCallback(
    (tell: () => void) => {
      let frame = 0;
      const stop = lines.subscribe(() => {
        if (frame !== 0) return;
        frame = requestAnimationFrame(() => {
          frame = 0;
          tell();
        });
      });
      return () => {
        cancelAnimationFrame(frame);
        stop();
      };
    },
    [lines],
  );
  return useSyncExternalStore(subscribe, () => lines.version);
}

const linesPerStep = 8000;

export type SearchProgress = {
  readonly search: LogSearch | null;
  readonly count: number;
  readonly isSearching: boolean;
};

/** A search that reads a few thousand lines per frame and continues as lines arrive. */
export function useLogSearch(view: LogView, pattern: RegExp | null, version: number): SearchProgress {
  const search = useMemo(() => (pattern === null ? null : new LogSearch(view, pattern)), [view, pattern]);
  const [step, setStep] = useState(0);
  const [progress, setProgress] = useState<SearchProgress>({ search: null, count: 0, isSearching: false });
  useEffect(() => {
    if (search === null) return undefined;
    const isDone = search.advance(linesPerStep);
    const next = { search, count: search.count, isSearching: !isDone };
    setProgress((before) =>
      before.search === search && before.count === next.count && before.isSearching === !isDone ? before : next,
    );
    if (isDone) return undefined;
    const frame = requestAnimationFrame(() => setStep((before) => before + 1));
    return () => cancelAnimationFrame(frame);
  }, [search, step, version]);
  return progress.search === search ? progress : { search, count: 0, isSearching: search !== null };
}

const announceEveryMs = 5000;

/** A sentence about new lines, at most one in five seconds, so that screen readers are not flooded. */
export function useAnnouncement(lines: LogLines): string {
  const [sentence, setSentence] = useState('');
  const last = useRef({ end: lines.endId, errors: lines.byLevel.error });
  useEffect(() => {
    last.current = { end: lines.endId, errors: lines.byLevel.error };
    const timer = setInterval(() => {
      const count = lines.endId - last.current.end;
      const errors = lines.byLevel.error - last.current.errors;
      last.current = { end: lines.endId, errors: lines.byLevel.error };
      if (count <= 0) return;
      const failures = errors > 0 ? `, ${errors} ${errors === 1 ? 'error' : 'errors'}` : '';
      setSentence(`${count} new ${count === 1 ? 'line' : 'lines'}${failures}`);
    }, announceEveryMs);
    return () => clearInterval(timer);
  }, [lines]);
  return sentence;
}

/**
 * Text for a live region: updated at once after a reader's action (`deed` changed), else at most once in five seconds.
 */
export function useCalmText(text: string, deed: string): string {
  const [said, setSaid] = useState(text);
  const last = useRef({ deed, atMs: 0 });
  useEffect(() => {
    const say = (): void => {
      last.current = { deed, atMs: performance.now() };
      setSaid(text);
    };
    const waitMs = last.current.deed === deed ? last.current.atMs + announceEveryMs - performance.now() : 0;
    const timer = setTimeout(say, Math.max(0, waitMs));
    return () => clearTimeout(timer);
  }, [text, deed]);
  return said;
}
