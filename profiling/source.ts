import { assertNever } from '../core/assert-never.ts';
import { textSql } from './database.ts';
import { delimiterOf, isUtf16 } from './head.ts';
import type { TableSource } from './messages.ts';

/** A record of JSON, and a line of CSV, may have this many bytes. */
export const mostRecordBytes = 16 * 1024 ** 2;

/** `whole`: types are found by reading the whole file, as a first part has misled. */
export type Sampling = 'part' | 'whole';

const sampleSize: Readonly<Record<Sampling, number>> = { part: 20_480, whole: -1 };

function csvSql({ path, format, isPacked }: TableSource, head: Uint8Array, sampling: Sampling): string {
  const options = {
    delim: textSql(delimiterOf(format, head)),
    quote: `'"'`,
    escape: `'"'`,
    comment: `''`,
    skip: '0',
    strict_mode: 'true',
    null_padding: 'false',
    max_line_size: String(mostRecordBytes),
    sample_size: String(sampleSize[sampling]),
    compression: isPacked ? `'gzip'` : `'none'`,
    ...(isUtf16(head) ? { encoding: `'utf-16'` } : {}),
  };
  const list = Object.entries(options).map(([name, value]) => `${name} = ${value}`);
  return `read_csv(${textSql(path)}, ${list.join(', ')})`;
}

function jsonSql({ path, format, isPacked }: TableSource, sampling: Sampling): string {
  const kind = format === 'jsonl' ? 'newline_delimited' : 'auto';
  return `read_json(${textSql(path)}, format = '${kind}', maximum_object_size = ${mostRecordBytes},
    sample_size = ${sampleSize[sampling]}, compression = '${isPacked ? 'gzip' : 'none'}')`;
}

export const parquetSql = (path: string): string => `read_parquet(${textSql(path)}, file_row_number = true)`;

/** The table function of DuckDB that reads the source. */
export function sourceSql(source: TableSource, head: Uint8Array, sampling: Sampling): string {
  switch (source.format) {
    case 'csv':
    case 'tsv':
      return csvSql(source, head, sampling);
    case 'json':
    case 'jsonl':
      return jsonSql(source, sampling);
    case 'parquet':
      return `read_parquet(${textSql(source.path)})`;
    default:
      return assertNever(source.format);
  }
}
