/** Local time and UTC, as the tooltip of a short form. */
export function exactTime(at: string): string {
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at));
  return `${local} · ${at.slice(0, 19).replace('T', ' ')} UTC`;
}

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** Local time of day, `09:49`. */
export function clockTime(at: string): string {
  return clock.format(new Date(at));
}

export const formatCount = (count: number): string => new Intl.NumberFormat('en').format(count);

/** `40 %`, which never breaks into two lines. */
export function formatPercent(share: number, decimals = 0): string {
  return `${(share * 100).toFixed(decimals)}\u00a0%`;
}
