import { setImmediate as others } from 'node:timers/promises';
import JSON5 from 'json5';
import { z } from 'zod';
import type { MetricRow } from '../../store/types.ts';

const lineSchema = z.record(z.string(), z.unknown());
/** Numbers that JSON cannot write and that trainings write as text. */
const numbersAsText: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
/** Fields of a line that are no metric. */
const reserved: ReadonlySet<string> = new Set(['step', 'epoch', 'time']);
const longestName = 128;
const longestLineBytes = 64_000;
/** After so long other requests get their turn. */
const turnMs = 10;

/** Python and others write NaN and infinities bare. JSON forbids that and JSON5, which is far slower, reads it. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return JSON5.parse(line);
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : (numbersAsText.get(value) ?? null);
}

type Origin = { readonly jobId: string; readonly attempt: number; readonly now: Date };
export type MetricLines = { readonly rows: readonly MetricRow[]; readonly badLines: number };

/** Null for a line that cannot be read. */
function rowsOf(line: string, { jobId, attempt, now }: Origin): readonly MetricRow[] | null {
  if (Buffer.byteLength(line) > longestLineBytes) return null;
  let fields: Record<string, unknown>;
  try {
    fields = lineSchema.parse(parseLine(line));
  } catch {
    return null;
  }
  const step = fields['step'];
  if (typeof step !== 'number' || !Number.isSafeInteger(step)) return null;
  const epoch = typeof fields['epoch'] === 'number' && Number.isFinite(fields['epoch']) ? fields['epoch'] : null;
  const time = timeOf(fields['time']) ?? now;
  return Object.entries(fields).flatMap(([name, value]) => {
    const number = reserved.has(name) ? null : numberOf(value);
    if (number === null || name === '' || name.length > longestName || name.includes('\0')) return [];
    return [{ jobId, attempt, name, step, epoch, time, value: number }];
  });
}

/** Reads JSON lines as a training writes them. A line that cannot be read is counted, never an error of the whole. */
export async function parseMetricLines(text: string, origin: Origin): Promise<MetricLines> {
  const rows: MetricRow[] = [];
  let badLines = 0;
  let turnBegan = performance.now();
  for (const line of text.split('\n')) {
    if (performance.now() - turnBegan > turnMs) {
      await others();
      turnBegan = performance.now();
    }
    if (line.trim() === '') continue;
    const found = rowsOf(line, origin);
    if (found === null) badLines++;
    else rows.push(...found);
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
