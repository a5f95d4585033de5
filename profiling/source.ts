import { assertNever } from '../core/assert-never.ts';
import { textSql } from './database.ts';
import { columnCountOf, delimiterOf, isUtf16 } from './head.ts';
import type { TableSource } from './messages.ts';

/** A file that is not packed. */
export type PlainSource = Pick<TableSource, 'path' | 'format'>;

/** A line of CSV; DuckDB's buffers have 16 times as many bytes. */
const mostLineBytes = 2_000_000;
/** A record of JSON. */
const mostRecordBytes = 16 * 1024 ** 2;

/** `whole`: types are found by reading the whole file, as a first part has misled. */
export type Sampling = 'part' | 'whole';

const sampleSize: Readonly<Record<Sampling, number>> = { part: 20_480, whole: -1 };

function csvSql({ path, format }: PlainSource, head: Uint8Array, options: Readonly<Record<string, string>>): string {
  const all = {
    delim: textSql(delimiterOf(format, head)),
    quote: `'"'`,
    escape: `'"'`,
    comment: `''`,
    skip: '0',
    strict_mode: 'true',
    null_padding: 'false',
    max_line_size: String(mostLineBytes),
    compression: `'none'`,
    ...(isUtf16(head) ? { encoding: `'utf-16'` } : {}),
    ...options,
  };
  const list = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  return `read_csv(${textSql(path)}, ${list.join(', ')})`;
}

/** Reads every row as texts, as many as the first line has: DuckDB then names the first row that is another. */
export function strictCsvSql(source: PlainSource, head: Uint8Array): string {
  const names = Array.from({ length: columnCountOf(source.format, head) }, (_, index) => `'c${index}': 'VARCHAR'`);
  return csvSql(source, head, { auto_detect: 'false', header: 'true', columns: `{${names.join(', ')}}` });
}

function jsonSql({ path, format }: PlainSource, sampling: Sampling): string {
  const kind = format === 'jsonl' ? 'newline_delimited' : 'auto';
  return `read_json(${textSql(path)}, format = '${kind}', maximum_object_size = ${mostRecordBytes},
    sample_size = ${sampleSize[sampling]}, compression = 'uncompressed')`;
}

/** Rows with their numbers, as column `file_row_number`. */
export const numberedSql = (path: string): string => `read_parquet(${textSql(path)}, file_row_number = true)`;
export const parquetSql = (path: string): string => `read_parquet(${textSql(path)})`;

/** The table function of DuckDB that reads the source. */
export function sourceSql(source: PlainSource, head: Uint8Array, sampling: Sampling): string {
  switch (source.format) {
    case 'csv':
    case 'tsv':
      return csvSql(source, head, { sample_size: String(sampleSize[sampling]) });
    case 'json':
    case 'jsonl':
      return jsonSql(source, sampling);
    case 'parquet':
      return parquetSql(source.path);
    default:
      return assertNever(source.format);
  }
}
