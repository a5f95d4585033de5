import { CliError } from '../cli-error.ts';

/** A whole number within bounds, of the option `name`. */
export function wholeNumber(name: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 1 || value > most)
    throw new CliError(
      'usage',
      `--${name} ${text}: give a whole number ${most === Number.MAX_SAFE_INTEGER ? 'from 1' : `from 1 to ${most}`}`,
    );
  return value;
}

/** A number from 0, of the option `name`. */
export function positiveNumber(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new CliError('usage', `--${name} ${text}: give a number from 0`);
  return value;
}

const unitsMs = { s: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `2h` means that long ago; any other text is a date or time in ISO 8601. Returns a time in ISO 8601. */
export function timeOf(name: string, text: string, nowMs: number): string {
  const [, count = '', unit = ''] = /^(\d{1,9}) ?(s|min|m|h|d|w)$/.exec(text.trim()) ?? [];
  const at = unit === '' ? Date.parse(text) : nowMs - Number(count) * unitsMs[unit as keyof typeof unitsMs];
  const isIso = unit !== '' || /^\d{4}-\d{2}-\d{2}/.test(text);
  if (!isIso || Number.isNaN(new Date(at).getTime()))
    throw new CliError(
      'usage',
      `--${name} ${text}: give an age such as 30min, 2h or 7d, or a time such as 2030-01-31T12:00:00Z`,
    );
  return new Date(at).toISOString();
}
