const steps: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
];

/** `3 min ago`; `just now` below a minute, so that the text does not change every second. */
export function timeAgo(at: string, nowMs: number): string {
  const passedMs = nowMs - Date.parse(at);
  const step = steps.find(([, ms]) => Math.abs(passedMs) >= ms);
  if (step === undefined) return 'just now';
  const count = `${Math.trunc(Math.abs(passedMs) / step[1])} ${step[0]}`;
  return passedMs < 0 ? `in ${count}` : `${count} ago`;
}

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
