/** Moves the focus to the row after or before the focused one; without one, to the first or last row of the page. */
export function moveRowFocus(step: 1 | -1): void {
  const focused = document.activeElement?.closest<HTMLElement>('[data-row]') ?? null;
  const area = focused?.closest('[role="dialog"]') ?? document.querySelector('main');
  const rows = [...(area?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  const at = focused === null ? -1 : rows.indexOf(focused);
  const next = at === -1 ? rows.at(step === 1 ? 0 : -1) : rows[at + step];
  next?.querySelector<HTMLElement>('a, button')?.focus();
}
