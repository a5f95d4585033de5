import { z } from 'zod';
import type { MetricRow } from '../store/types.ts';

const lineSchema = z.record(z.string(), z.unknown());
const tokens: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};
/** Fields of a line that are no metric. */
const reserved: ReadonlySet<string> = new Set(['step', 'epoch', 'time']);
const longestName = 128;

/** Python and others write NaN and infinities bare, which JSON forbids: they become marked strings outside of other strings. */
function quoteTokens(line: string): string {
  return line.replaceAll(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
    found.startsWith('"') ? found : JSON.stringify(found),
  );
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? (tokens[value] ?? null) : null;
}

export type MetricLines = { readonly rows: readonly MetricRow[]; readonly badLines: number };

/** Reads JSON lines as a training writes them. A line that cannot be read is counted, never an error of the whole. */
export function parseMetricLines(
  text: string,
  origin: { readonly jobId: string; readonly attempt: number; readonly now: Date },
): MetricLines {
  const rows: MetricRow[] = [];
  let badLines = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    let fields: Record<string, unknown>;
    try {
      fields = lineSchema.parse(JSON.parse(quoteTokens(line)));
    } catch {
      badLines++;
      continue;
    }
    const step = fields['step'];
    if (typeof step !== 'number' || !Number.isSafeInteger(step)) {
      badLines++;
      continue;
    }
    const epoch = typeof fields['epoch'] === 'number' && Number.isFinite(fields['epoch']) ? fields['epoch'] : null;
    const time = timeOf(fields['time']) ?? origin.now;
    for (const [name, value] of Object.entries(fields)) {
      const number = reserved.has(name) ? null : numberOf(value);
      if (number !== null && name !== '' && name.length <= longestName && !name.includes('\0'))
        rows.push({ jobId: origin.jobId, attempt: origin.attempt, name, step, epoch, time, value: number });
    }
  }
  return { rows, badLines };
}

/** Times beyond this many seconds since 1970 (the year 5138) are milliseconds. */
const latestSeconds = 1e11;
/** Readers get ISO times, which have four digits for the year. */
const latestMs = Date.UTC(9999, 0);

/** Seconds or milliseconds since 1970 as most libraries write them, or an ISO time. */
function timeOf(value: unknown): Date | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const date = new Date(typeof value === 'number' && value < latestSeconds ? value * 1000 : value);
  return date.getTime() >= 0 && date.getTime() < latestMs ? date : null;
}
