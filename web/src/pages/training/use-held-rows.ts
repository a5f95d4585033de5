import { useEffect, useState } from 'react';

type Row = { readonly id: string };
type Held = { readonly list: string; readonly ids: readonly string[] };

/** Rows in the held order: gone rows are left out, rows after the last held row are added, others are held back. */
function inOrder<T extends Row>(rows: readonly T[], ids: readonly string[]): readonly T[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const kept = new Set(ids);
  const last = rows.findLastIndex((row) => kept.has(row.id));
  const known = ids.flatMap((id) => byId.get(id) ?? []);
  return [...known, ...rows.slice(last + 1)];
}

/**
 * Rows whose order stays stable under the pointer or the keyboard: while either is in the area, the order is held, and
 * new rows are held back and counted. Shown rows still change in place at once. `list` names the filters and the order
 * of the list; null while the rows of another list are still shown.
 */
export function useHeldRows<T extends Row>(
  rows: readonly T[],
  area: HTMLElement | null,
  list: string | null,
): { readonly rows: readonly T[]; readonly held: number; readonly release: () => void } {
  const [isHolding, setIsHolding] = useState(false);
  const [held, setHeld] = useState<Held | null>(null);

  useEffect(() => {
    if (!isHolding || list === null) setHeld(null);
    else setHeld((before) => (before?.list === list ? before : { list, ids: rows.map((row) => row.id) }));
    // oxlint-disable-next-line react/exhaustive-deps -- the order is taken once, when the hold begins
  }, [isHolding, list]);
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

  const shown = held !== null && held.list === list ? inOrder(rows, held.ids) : rows;
  return {
    rows: shown,
    held: rows.length - shown.length,
    release: () => setHeld(list === null ? null : { list, ids: rows.map((row) => row.id) }),
  };
}
