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

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const place = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** place;
  return `${place === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[place]}`;
}

export const formatCount = (count: number): string => new Intl.NumberFormat('en').format(count);

/** The end of a UUIDv7 distinguishes two jobs of the same minute; its beginning is the time. */
export const shortId = (id: string): string => id.slice(-8);

const dollarsWith = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en', {
    style: 'currency',
    currency: 'USD',
    ...{ minimumFractionDigits: digits, maximumFractionDigits: digits },
  });
const [dollars, smallDollars] = [dollarsWith(2), dollarsWith(4)];

/** `$1.50`, `$0.0265`: below a dollar always four decimals, so that amounts in a row can be compared. */
export function formatUsd(micros: number): string {
  const usd = micros / 1_000_000;
  return (usd === 0 || Math.abs(usd) >= 1 ? dollars : smallDollars).format(usd);
}
