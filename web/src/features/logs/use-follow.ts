import { useCallback, useLayoutEffect, useRef, useState, type RefObject, type UIEvent } from 'react';
import type { LogView } from './log-view.ts';
import type { Rows } from './use-rows.ts';

const overscanRows = 12;

export type RowWindow = { readonly first: number; readonly end: number };
export type Follow = {
  readonly isFollowing: boolean;
  /** Rows added since the reader stopped following. */
  readonly newRows: number;
  readonly window: RowWindow;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly onScroll: (event: UIEvent<HTMLElement>) => void;
  /** Scrolls a line to the middle, and stops following. */
  readonly reveal: (id: number) => void;
};

type Layout = {
  readonly view: LogView;
  readonly rows: Rows;
  readonly viewPx: number;
  readonly rowPx: number;
  readonly isWrapped: boolean;
};

function windowOf(layout: Layout, top: number, isFollowing: boolean): RowWindow {
  const { rows, viewPx, rowPx } = layout;
  if (isFollowing) {
    const shown = Math.ceil(viewPx / rowPx) + overscanRows;
    return { first: Math.max(0, rows.length - shown), end: rows.length };
  }
  const first = Math.max(0, rows.rowAt(top) - overscanRows);
  return { first, end: Math.min(rows.length, rows.rowAt(top + viewPx) + 1 + overscanRows) };
}

/** Scroll position between two renders: scroll events arrive more often than renders. */
type Place = {
  isFollowing: boolean;
  top: number;
  /** The row at the top, and how far it is scrolled out of view. */
  anchorId: number;
  anchorPx: number;
  /** End of the log at the moment when the reader scrolled away from it. */
  pausedEndId: number;
  /** A line to scroll into view once it is drawn; -1 for none. */
  revealId: number;
};

/**
 * Keeps a scrolled list at its end while lines arrive, until the reader scrolls up. After that it keeps the reader's
 * place when rows above change (dropped lines, filter, wrapping).
 */
export function useFollow(scroller: RefObject<HTMLElement | null>, layout: Layout): Follow {
  const { view, rows, rowPx } = layout;
  const [isFollowing, setIsFollowing] = useState(true);
  const [top, setTop] = useState(0);
  const now = useRef<Place>({ isFollowing: true, top: 0, anchorId: 0, anchorPx: 0, pausedEndId: 0, revealId: -1 });

  const setFollow = useCallback(
    (wanted: boolean) => {
      if (!wanted && now.current.isFollowing) now.current.pausedEndId = view.lines.endId;
      now.current.isFollowing = wanted;
      setIsFollowing(wanted);
    },
    [view],
  );
  const pause = useCallback(() => {
    const element = scroller.current;
    // When the content is shorter than the scroller, the end is always visible.
    if (element !== null && element.scrollHeight > element.clientHeight) setFollow(false);
  }, [scroller, setFollow]);
  const resume = useCallback(() => setFollow(true), [setFollow]);

  const place = (scrollTop: number): void => {
    const row = rows.rowAt(scrollTop);
    now.current.top = scrollTop;
    now.current.anchorId = view.idAt(row);
    now.current.anchorPx = scrollTop - rows.offsetOf(row);
    setTop(scrollTop);
  };

  const onScroll = (event: UIEvent<HTMLElement>): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < rowPx;
    if (now.current.isFollowing && scrollTop < now.current.top - 1 && !isAtEnd) pause();
    else if (!now.current.isFollowing && isAtEnd && scrollTop > now.current.top) resume();
    place(scrollTop);
  };

  useKeptPlace(scroller, layout, now);

  const reveal = useCallback(
    (id: number) => {
      const element = scroller.current;
      if (element === null) return;
      pause();
      now.current.revealId = view.shows(id) ? id : -1;
      const wanted = Math.max(0, rows.offsetOf(view.rowOf(id)) - element.clientHeight / 2);
      element.scrollTop = wanted;
      place(wanted);
    },
    // oxlint-disable-next-line react/exhaustive-deps
    [view, rows, pause, scroller],
  );

  const newRows = isFollowing ? 0 : Math.max(0, view.length - view.rowOf(now.current.pausedEndId));
  return { isFollowing, newRows, window: windowOf(layout, top, isFollowing), pause, resume, onScroll, reveal };
}

/** Scrolls after each render: to the end, to the reader's place, or to the line to reveal. */
function useKeptPlace(scroller: RefObject<HTMLElement | null>, layout: Layout, now: RefObject<Place>): void {
  const { view, rows, rowPx, viewPx, isWrapped } = layout;
  const { firstId } = view.lines;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || now.current.isFollowing) return;
    const wanted = rows.offsetOf(view.rowOf(now.current.anchorId)) + now.current.anchorPx;
    if (Math.abs(element.scrollTop - wanted) < 1) return;
    element.scrollTop = wanted;
    // Only values that move rows above the reader; `rows` itself is new with every line.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [view, firstId, isWrapped, viewPx, rowPx]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || !now.current.isFollowing) return;
    element.scrollTop = element.scrollHeight;
    now.current.top = element.scrollTop;
  });

  // The estimated place of a wrapped row may be off by rows; its true place is known once it is drawn.
  useLayoutEffect(() => {
    const { revealId } = now.current;
    if (revealId < 0) return;
    const row = scroller.current?.querySelector(`[data-id="${revealId}"]`);
    if (row === null || row === undefined) return;
    now.current.revealId = -1;
    row.scrollIntoView({ block: 'center', inline: 'nearest' });
    row.querySelector('[data-current]')?.scrollIntoView({ block: 'center', inline: 'nearest' });
  });
}
