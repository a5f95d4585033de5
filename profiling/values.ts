import type { Cell } from '@artenic/core';
import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  type DuckDBValue,
} from '@duckdb/node-api';

const timestamps = [
  DuckDBTimestampValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
] as const;

/** `2024-01-31 12:00:00.5` as ISO 8601; infinities and years before Christ stay as DuckDB writes them. */
function isoOf(text: string, zone: '' | 'Z'): string {
  const [, date, time] = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?)/.exec(text) ?? [];
  return date === undefined || time === undefined ? text : `${date}T${time}${zone}`;
}

/** A value as JSON, without loss: see `cellSchema`. */
export function cellOf(value: DuckDBValue): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(cellOf);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, field]) => [name, cellOf(field)]));
  if (value instanceof DuckDBMapValue) return value.entries.map((entry) => [cellOf(entry.key), cellOf(entry.value)]);
  if (value instanceof DuckDBUnionValue) return cellOf(value.value);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64');
  // independent of the time zone of this machine
  if (value instanceof DuckDBTimestampTZValue) return isoOf(String(new DuckDBTimestampValue(value.micros)), 'Z');
  if (timestamps.some((type) => value instanceof type)) return isoOf(String(value), '');
  return String(value);
}

/** The number behind an aggregate, which DuckDB may return as a bigint; null for NULL, NaN and infinities. */
export function numberOf(value: DuckDBValue | undefined): number | null {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The count behind an aggregate; 0 for NULL. */
export const countOf = (value: DuckDBValue | undefined): number => numberOf(value) ?? 0;

/** @param most characters of a text */
export function cutText(cell: Cell, most: number): Cell {
  return typeof cell === 'string' && cell.length > most ? `${cell.slice(0, most)}…` : cell;
}
