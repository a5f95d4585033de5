import { formatNumber } from './chart-format.ts';
import type { ChartRun } from './metric-runs.ts';

export type RunSummary = {
  readonly points: number;
  readonly gaps: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly lowest: number | null;
  readonly highest: number | null;
};

export function summarize(y: readonly (number | null)[]): RunSummary {
  let gaps = 0;
  let first: number | null = null;
  let last: number | null = null;
  let lowest: number | null = null;
  let highest: number | null = null;
  for (const value of y) {
    if (value === null || Number.isNaN(value)) {
      gaps++;
      continue;
    }
    first ??= value;
    last = value;
    lowest = lowest === null ? value : Math.min(lowest, value);
    highest = highest === null ? value : Math.max(highest, value);
  }
  return { points: y.length, gaps, first, last, lowest, highest };
}

/** Describes a line in words, for screen readers. */
export function sentenceOf(name: string, y: readonly (number | null)[]): string {
  const { points, gaps, first, last, lowest, highest } = summarize(y);
  if (last === null) return `${name}: no values.`;
  const missing = gaps === 0 ? '' : ` ${gaps} of ${points} points are not a number.`;
  return `${name}: from ${formatNumber(first)} to ${formatNumber(last)}, lowest ${formatNumber(lowest)}, highest ${formatNumber(highest)}.${missing}`;
}

export function sentencesOf(runs: readonly ChartRun[]): string {
  return runs.map((run) => sentenceOf(run.name, run.y)).join(' ');
}

/** Rows of the chart's table: every x of any run, with the runs' values side by side. */
export function tableRows(
  joined: { readonly x: readonly number[]; readonly ys: readonly (readonly (number | null | undefined)[])[] },
  mostRows: number,
): readonly { readonly x: number; readonly values: readonly (number | null | undefined)[] }[] {
  const { x, ys } = joined;
  const step = Math.max(1, Math.ceil(x.length / mostRows));
  const rows = [];
  for (let at = 0; at < x.length; at++) {
    // The last row is always included: readers look for it first.
    if (at % step === 0 || at === x.length - 1) rows.push({ x: x[at] ?? 0, values: ys.map((y) => y[at]) });
  }
  return rows;
}

function cell(value: string): string {
  // A spreadsheet runs text that begins like a formula, so such text gets a leading quote.
  const safe = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180. */
export function csvOf(
  header: readonly string[],
  rows: readonly (readonly (number | string | null | undefined)[])[],
): string {
  return [header, ...rows].map((row) => `${row.map((value) => cell(String(value ?? ''))).join(',')}\r\n`).join('');
}
