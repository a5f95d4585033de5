import { useCallback, useLayoutEffect, useRef, useState, type RefObject, type UIEvent } from 'react';
import type { LogView } from './log-view.ts';
import type { Rows } from './use-rows.ts';

const overscanRows = 12;

export type RowWindow = { readonly first: number; readonly end: number };
export type Follow = {
  readonly isFollowing: boolean;
  /** Rows that came since the reader stopped following. */
  readonly newRows: number;
  readonly window: RowWindow;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly onScroll: (event: UIEvent<HTMLElement>) => void;
  /** Brings a line into the middle, and stops following. */
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

/** Where the list is scrolled to, as it is between two renders: scroll events come faster. */
type Place = {
  isFollowing: boolean;
  top: number;
  /** The row at the top, and how far it is scrolled out of sight. */
  anchorId: number;
  anchorPx: number;
  /** Where the log ended when the reader left its end. */
  pausedEndId: number;
  /** A line that is to be brought into sight once it is drawn; -1 for none. */
  revealId: number;
};

/**
 * Keeps a scrolled list at its end while lines come, until the reader scrolls up; keeps the place of a reader who has
 * when rows above change (older lines let go, filter, wrapping).
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
    // Where nothing can be scrolled, the end is always in sight.
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

/** Scrolls with what the last render drew: to the end, to where the reader was, or to the line that is to be seen. */
function useKeptPlace(scroller: RefObject<HTMLElement | null>, layout: Layout, now: RefObject<Place>): void {
  const { view, rows, rowPx, viewPx, isWrapped } = layout;
  const { firstId } = view.lines;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || now.current.isFollowing) return;
    const wanted = rows.offsetOf(view.rowOf(now.current.anchorId)) + now.current.anchorPx;
    if (Math.abs(element.scrollTop - wanted) < 1) return;
    element.scrollTop = wanted;
    // Only what moves rows above the reader: `rows` itself is new with every line.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [view, firstId, isWrapped, viewPx, rowPx]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || !now.current.isFollowing) return;
    element.scrollTop = element.scrollHeight;
    now.current.top = element.scrollTop;
  });

  // A wrapped row's estimated place may be off by rows; once it is drawn its true place is known.
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
