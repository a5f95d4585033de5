import { setImmediate as others } from 'node:timers/promises';
import JSON5 from 'json5';
import { z } from 'zod';
import type { MetricRow } from '../../store/types.ts';

const lineSchema = z.record(z.string(), z.unknown());
/** Numbers that JSON cannot represent and that trainings write as text. */
const numbersAsText: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
/** Fields of a line that are not metrics. */
const reserved: ReadonlySet<string> = new Set(['step', 'epoch', 'time']);
/** Longest name of a metric, in characters: values under a longer name are dropped. */
export const longestMetricName = 128;
const longestLineBytes = 64_000;
/** Parsing yields to other requests after this time. */
const turnMs = 10;

/**
 * Python and other languages write NaN and infinities bare. JSON forbids that; JSON5, which is far slower, reads it.
 */
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
export type MetricLines = {
  readonly rows: readonly MetricRow[];
  /** Lines that cannot be parsed. */
  readonly badLines: number;
  /** Values in parsed lines that are not numbers, or whose name is empty, too long or contains NUL. */
  readonly droppedValues: number;
  /** Names of the first dropped values, cut to `longestMetricName`. */
  readonly droppedNames: readonly string[];
};
const mostDroppedNames = 10;

type Line = { readonly rows: readonly MetricRow[]; readonly dropped: readonly string[] };

/** Null for a line that cannot be parsed. A JSON null is an absent value, not a dropped one. */
function readLine(line: string, { jobId, attempt, now }: Origin): Line | null {
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
  const rows: MetricRow[] = [];
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (reserved.has(name) || value === null) continue;
    const number = numberOf(value);
    if (number === null || name === '' || name.length > longestMetricName || name.includes('\0')) dropped.push(name);
    else rows.push({ jobId, attempt, name, step, epoch, time, value: number });
  }
  return { rows, dropped };
}

/** A name that an event can hold: PostgreSQL stores neither NUL nor lone surrogates. */
const tellable = (name: string): string => name.slice(0, longestMetricName).toWellFormed().replaceAll('\0', '\uFFFD');

/** Parses JSON lines of a training. A line that cannot be parsed is counted and never fails the whole piece. */
export async function parseMetricLines(text: string, origin: Origin): Promise<MetricLines> {
  const rows: MetricRow[] = [];
  const droppedNames = new Set<string>();
  let [badLines, droppedValues] = [0, 0];
  let turnBegan = performance.now();
  for (const line of text.split('\n')) {
    if (performance.now() - turnBegan > turnMs) {
      await others();
      turnBegan = performance.now();
    }
    if (line.trim() === '') continue;
    const found = readLine(line, origin);
    if (found === null) {
      badLines++;
      continue;
    }
    rows.push(...found.rows);
    droppedValues += found.dropped.length;
    for (const name of found.dropped) if (droppedNames.size < mostDroppedNames) droppedNames.add(tellable(name));
  }
  return { rows, badLines, droppedValues, droppedNames: [...droppedNames] };
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
