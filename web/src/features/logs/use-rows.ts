import { useEffect, useMemo, useState, type RefObject } from 'react';
import { wrappedRows } from './columns.ts';
import type { LogView } from './log-view.ts';
import { RowOffsets } from './row-offsets.ts';

/** Measured in the page, because readers set their own fonts and spacing. */
export type Metrics = {
  readonly rowPx: number;
  readonly charPx: number;
  readonly viewPx: number;
  readonly textPx: number;
};

const firstGuess: Metrics = { rowPx: 20, charPx: 7.2, viewPx: 400, textPx: 600 };
const probeCharacters = 50;
/** Border and padding of a row. */
const besidePx = 20;
export const probeText = 'M'.repeat(probeCharacters);

/**
 * @param scroller the scrolling element
 * @param probe an invisible line of `probeText` in the log's font
 * @param gutterColumns columns beside the text of a row
 */
export function useMetrics(
  scroller: RefObject<HTMLElement | null>,
  probe: RefObject<HTMLElement | null>,
  gutterColumns: number,
): Metrics {
  const [metrics, setMetrics] = useState(firstGuess);
  useEffect(() => {
    const [view, line] = [scroller.current, probe.current];
    if (view === null || line === null) return undefined;
    const measure = (): void => {
      const box = line.getBoundingClientRect();
      if (box.width === 0) return;
      const charPx = box.width / probeCharacters;
      const next = {
        rowPx: box.height,
        charPx,
        viewPx: view.clientHeight,
        textPx: view.clientWidth - gutterColumns * charPx - besidePx,
      };
      setMetrics((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(view);
    observer.observe(line);
    return () => observer.disconnect();
  }, [scroller, probe, gutterColumns]);
  return metrics;
}

/** Positions of rows: multiplication without wrapping, running sums with wrapping. */
export type Rows = {
  readonly length: number;
  readonly offsetOf: (row: number) => number;
  readonly rowAt: (offset: number) => number;
};

function sync(offsets: RowOffsets, view: LogView, columnsPerRow: number, rowPx: number): void {
  const { lines } = view;
  offsets.truncate(Math.min(offsets.length, view.rowOf(lines.settledId)));
  for (let row = offsets.length; row < view.length; row++) {
    offsets.push(wrappedRows(lines.columnsAt(view.idAt(row)), columnsPerRow) * rowPx);
  }
}

export function useRows(view: LogView, isWrapped: boolean, metrics: Metrics): Rows {
  const { rowPx, charPx, textPx } = metrics;
  const columnsPerRow = Math.max(10, Math.floor(textPx / charPx));
  const { firstId } = view.lines;
  const offsets = useMemo(() => {
    // Dropped rows move all remaining rows.
    void firstId;
    return isWrapped ? { view, columnsPerRow, rowPx, tree: new RowOffsets() } : null;
  }, [view, isWrapped, columnsPerRow, rowPx, firstId]);
  if (offsets === null) {
    return {
      length: view.length,
      offsetOf: (row) => row * rowPx,
      rowAt: (offset) => Math.max(0, Math.min(view.length - 1, Math.floor(offset / rowPx))),
    };
  }
  const { tree } = offsets;
  sync(tree, view, columnsPerRow, rowPx);
  return { length: view.length, offsetOf: (row) => tree.offsetOf(row), rowAt: (offset) => tree.rowAt(offset) };
}
