import { useEffect, useRef, useState } from 'react';

type Row = { readonly id: string };

/**
 * Rows whose order stays stable under the pointer or the keyboard: while either is in the area, new rows on top are
 * held back and counted. Shown rows still change in place at once.
 */
export function useHeldRows<T extends Row>(
  rows: readonly T[],
  area: HTMLElement | null,
): { readonly rows: readonly T[]; readonly held: number; readonly release: () => void } {
  const [known, setKnown] = useState<ReadonlySet<string>>(() => new Set(rows.map((row) => row.id)));
  const [isHolding, setIsHolding] = useState(false);
  const newest = useRef(rows);

  useEffect(() => {
    newest.current = rows;
    if (!isHolding) setKnown(new Set(rows.map((row) => row.id)));
  }, [rows, isHolding]);
  useEffect(() => {
    if (area === null) return undefined;
    const update = (): void => setIsHolding(area.matches(':hover, :focus-within'));
    const events = ['pointerenter', 'pointerleave', 'focusin', 'focusout'] as const;
    // Runs after the browser has moved the focus.
    const later = (): void => void window.setTimeout(update);
    for (const name of events) area.addEventListener(name, later);
    return () => {
      for (const name of events) area.removeEventListener(name, later);
    };
  }, [area]);

  // Only new rows on top are held back; older rows at the end were requested by the user.
  const firstKnown = rows.findIndex((row) => known.has(row.id));
  const held = isHolding && firstKnown > 0 ? firstKnown : 0;
  return {
    rows: rows.slice(held),
    held,
    release: () => setKnown(new Set(newest.current.map((row) => row.id))),
  };
}
