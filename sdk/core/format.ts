const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** The end of a UUIDv7 distinguishes two jobs of the same minute; its beginning is the time. */
export const shortIdLength = 8;
export function shortId(id: string): string {
  return id.slice(-shortIdLength);
}

const units = [
  ['d', dayMs],
  ['h', hourMs],
  ['min', minuteMs],
  ['s', secondMs],
] as const;

/** A duration in its largest whole unit, such as `40 s` or `2 min`. */
export function roughDuration(ms: number): string {
  const [unit, unitMs] = units.find(([, length]) => ms >= length) ?? units[3];
  return `${Math.max(0, Math.floor(ms / unitMs))} ${unit}`;
}

/** `2 min ago`, in the largest whole unit; `in 5 min` for a time that is still to come. */
export function formatAge(at: string, nowMs: number): string {
  const passedMs = nowMs - Date.parse(at);
  const size = roughDuration(Math.abs(passedMs));
  return passedMs <= -secondMs ? `in ${size}` : `${size} ago`;
}

/** `3 min 12 s`: always two units from a minute on, so that durations in a column can be compared. Rounded down. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < secondMs) return `${Math.round(ms)} ms`;
  if (ms < 10 * secondMs) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const of = (unitMs: number, in_: number): number => Math.floor((ms % in_) / unitMs);
  if (ms < minuteMs) return `${of(secondMs, minuteMs)} s`;
  if (ms < hourMs) return `${of(minuteMs, hourMs)} min ${of(secondMs, minuteMs)} s`;
  if (ms < 2 * dayMs) return `${Math.floor(ms / hourMs)} h ${of(minuteMs, hourMs)} min`;
  return `${Math.floor(ms / dayMs)} d ${of(hourMs, dayMs)} h`;
}

const cents = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const small = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', minimumFractionDigits: 4 });

/** Money: four decimals below a dollar, where machines are priced; two above, and for nothing. */
export function formatMoney(micros: number): string {
  return (micros !== 0 && Math.abs(micros) < 1_000_000 ? small : cents).format(micros / 1_000_000);
}

type Amount = { readonly usdMicros: number; readonly isFinal: boolean };

/** A cost: `≈` marks an estimate that still grows. What costs nothing is free; what may still cost something is a dash. */
export function formatCost({ usdMicros, isFinal }: Amount): string {
  if (usdMicros === 0) return isFinal ? 'free' : '–';
  return `${isFinal ? '' : '≈ '}${formatMoney(usdMicros)}`;
}

/** A price: `$0.0265/h`, or `free`. */
export function formatPrice(usdMicrosPerHour: number): string {
  return usdMicrosPerHour === 0 ? 'free' : `${formatMoney(usdMicrosPerHour)}/h`;
}

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/**
 * A measured value with four significant digits: `0.9833`, `1.000`, `12,345`, `1.500e-5`. A value that is not 1 gets as
 * many as it needs to differ from it.
 */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  if (size >= 1e9 || size < 1e-3) return value.toExponential(3).replace('e+', 'e');
  if (size >= 1000) return grouped.format(value);
  let digits = 4;
  while (size !== 1 && digits < 16 && Math.abs(Number(value.toPrecision(digits))) === 1) digits += 1;
  return value.toPrecision(digits);
}

/** `1.2 MB`, in decimal units. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const place = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** place;
  return `${place === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[place]}`;
}
