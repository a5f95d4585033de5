const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** The end of a UUIDv7 distinguishes two jobs of the same minute; its beginning is the time. */
export const shortIdLength = 8;
export function shortId(id: string): string {
  return id.slice(-shortIdLength);
}

/** `2 min ago`, in the largest whole unit; `in 5 min` for a time that is still to come. */
export function formatAge(at: string, nowMs: number): string {
  const passedMs = nowMs - Date.parse(at);
  const ms = Math.abs(passedMs);
  const [unitMs, unit] =
    ms < minuteMs ? [secondMs, 's'] : ms < hourMs ? [minuteMs, 'min'] : ms < dayMs ? [hourMs, 'h'] : [dayMs, 'd'];
  const count = Math.floor(ms / unitMs);
  return passedMs < 0 && count > 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

/** `2 min 8 s`: the two largest units, rounded down. */
export function formatSpan(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  const units = [
    [dayMs, 'd'],
    [hourMs, 'h'],
    [minuteMs, 'min'],
    [secondMs, 's'],
  ] as const;
  const first = units.findIndex(([unitMs]) => ms >= unitMs);
  if (first === -1) return '0 s';
  const parts: string[] = [];
  let restMs = ms;
  for (const [unitMs, unit] of units.slice(first, first + 2)) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}

const cents = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const small = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', minimumFractionDigits: 4 });

/** Money: four decimals below a dollar, where machines are priced; two above, and for nothing. */
export function formatMoney(micros: number): string {
  return (micros !== 0 && Math.abs(micros) < 1_000_000 ? small : cents).format(micros / 1_000_000);
}

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A measured value with four significant digits: `0.9833`, `1.000`, `12,345`, `1.500e-5`. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  if (size >= 1e9 || size < 1e-3) return value.toExponential(3).replace('e+', 'e');
  return size >= 1000 ? grouped.format(value) : value.toPrecision(4);
}

/** `1.2 MB`, in decimal units. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const place = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** place;
  return `${place === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[place]}`;
}
