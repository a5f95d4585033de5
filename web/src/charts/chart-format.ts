/** Short number for axes and tooltips: 4 significant digits, thousands as k, tiny and huge in powers of ten. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) {
    return value
      .toExponential(2)
      .replace(/(?:\.00|0)e/, 'e')
      .replace('e+', 'e')
      .replace('-', '−')
      .replace('e-', 'e−');
  }
  const maximumFractionDigits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 4;
  return new Intl.NumberFormat('en', { maximumFractionDigits }).format(value).replace('-', '−');
}

/** Short number for axis ticks, where space is limited. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e4 && size < 1e9) {
    return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
      .format(value)
      .replace('K', 'k');
  }
  return formatNumber(value);
}

export function formatTime(timeMs: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }).format(timeMs);
}

/** Decimals that are needed to tell two neighbours of this distance apart. */
const decimalsFor = (step: number): number => Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));

function fixed(value: number, decimals: number): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat('en', digits).format(value).replace('-', '−');
}

const units = [
  { from: 1e6, size: 1e6, letter: 'M' },
  { from: 1e4, size: 1e3, letter: 'k' },
] as const;

/** Labels of the ticks of one axis: all with the same unit and the same number of decimals. */
export function formatTicks(ticks: readonly number[]): readonly string[] {
  const most = Math.max(0, ...ticks.map(Math.abs));
  const step = Math.min(...ticks.slice(1).map((tick, at) => Math.abs(tick - (ticks[at] ?? 0))));
  if (!Number.isFinite(step) || most >= 1e9 || (most > 0 && most < 1e-3)) return ticks.map(formatTick);
  const unit = units.find(({ from }) => most >= from);
  const size = unit?.size ?? 1;
  const decimals = decimalsFor(step / size);
  return ticks.map((tick) => (tick === 0 ? '0' : `${fixed(tick / size, decimals)}${unit?.letter ?? ''}`));
}

const decimalsOf = (text: string): number => /\.(\d+)$/.exec(text)?.[1]?.length ?? 0;

/** Numbers that stand below or beside one another: as short as `formatNumber`, with the same number of decimals. */
export function formatAligned(values: readonly (number | null | undefined)[]): readonly string[] {
  const texts = values.map(formatNumber);
  if (texts.some((text) => text.includes('e'))) return texts;
  const most = Math.max(0, ...values.map((value) => Math.abs(value ?? 0)).filter(Number.isFinite));
  const decimals = Math.min(most >= 1000 ? 1 : 4, Math.max(...texts.map(decimalsOf), 0));
  return values.map((value, at) =>
    value === null || value === undefined || !Number.isFinite(value) ? (texts[at] ?? '') : fixed(value, decimals),
  );
}

/** Formats a time with the precision that the step between ticks needs. */
export function formatTickTime(timeMs: number, stepMs: number): string {
  const options: Intl.DateTimeFormatOptions =
    stepMs >= 86_400_000
      ? { month: 'short', day: 'numeric' }
      : {
          hour: '2-digit',
          minute: '2-digit',
          ...(stepMs < 60_000 ? { second: '2-digit' } : {}),
          ...(stepMs < 1000 ? { fractionalSecondDigits: 1 } : {}),
        };
  return new Intl.DateTimeFormat(undefined, options).format(timeMs);
}

/** `1 m 30 s`, `2 h`: a tick of an axis of elapsed time, without parts that are zero. */
export function formatTickDuration(durationMs: number): string {
  if (durationMs === 0) return '0';
  const seconds = durationMs / 1000;
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.round((seconds % 60) * 10) / 10, 's'],
  ] as const;
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`])).join(' ');
}

/** Name of the reader's time zone, such as "CET". */
export function zoneName(timeMs: number): string {
  const parts = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' }).formatToParts(timeMs);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
