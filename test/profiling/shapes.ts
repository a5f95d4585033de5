import { gzipSync } from 'node:zlib';
import type { TableFormat } from '../../core/datasets/file-kinds.ts';

/** A file as people have them, and the profile or the fault that it has. */
export type Shape = {
  readonly name: string;
  readonly format: TableFormat;
  readonly isPacked?: true;
  readonly content: () => Buffer;
  readonly expected:
    | { readonly rows: number; readonly columns: readonly (readonly [name: string, type: string])[] | number }
    | { readonly reason: 'broken' | 'too-large'; readonly row?: number; readonly column?: number };
};

const text = (content: string) => () => Buffer.from(content);
const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');
const ab = [
  ['a', 'BIGINT'],
  ['b', 'BIGINT'],
] as const;
const csv = (name: string, content: string, expected: Shape['expected']): Shape => ({
  ...{ name, format: 'csv', content: text(content), expected },
});
const jsonl = (name: string, content: string, expected: Shape['expected']): Shape => ({
  ...{ name, format: 'jsonl', content: text(content), expected },
});

/** A fault may stand in the last line before its effect is seen. */
export const shapes: readonly Shape[] = [
  csv('empty', '', { rows: 0, columns: [] }),
  csv('header only', 'a,b\n', {
    rows: 0,
    columns: [
      ['a', 'VARCHAR'],
      ['b', 'VARCHAR'],
    ],
  }),
  csv('one value', 'a\n1\n', { rows: 1, columns: [['a', 'BIGINT']] }),
  csv('no newline at the end', 'a,b\n1,2', { rows: 1, columns: ab }),
  csv('BOM', '\uFEFFa,b\n1,2\n', { rows: 1, columns: ab }),
  csv('CRLF', 'a,b\r\n1,2\r\n3,4\r\n', { rows: 2, columns: ab }),
  csv('semicolons', 'a;b\n1;2\n', { rows: 1, columns: ab }),
  csv('pipes', 'a|b\n1|2\n', { rows: 1, columns: ab }),
  { name: 'tabs', format: 'tsv', content: text('a\tb\n1\t2\n'), expected: { rows: 1, columns: ab } },
  csv('quoted delimiters and newlines', 'a,b\n"x, ""y""\nz",2\n', {
    rows: 1,
    columns: [
      ['a', 'VARCHAR'],
      ['b', 'BIGINT'],
    ],
  }),
  csv('missing values', 'a,b\n1,\n,2\n', { rows: 2, columns: ab }),
  csv('too few values', `a,b,c\n${many(50, () => '1,2,3\n')}1,2\n1,2,3\n`, { reason: 'broken', row: 52, column: 3 }),
  csv('too many values', `a,b\n${many(50, () => '1,2\n')}1,2,3\n`, { reason: 'broken', row: 52, column: 3 }),
  csv('NaN and infinities', 'a,b\n1.5,nan\ninf,2\n-inf,3\n', {
    rows: 3,
    columns: [
      ['a', 'DOUBLE'],
      ['b', 'DOUBLE'],
    ],
  }),
  csv('formulas', 'a,b\n=1+1,@x\n"=cmd|\' /C calc\'!A0",-2+3\n', {
    rows: 2,
    columns: [
      ['a', 'VARCHAR'],
      ['b', 'VARCHAR'],
    ],
  }),
  csv('duplicate columns', 'a,a,b\n1,2,3\n', { rows: 1, columns: 3 }),
  csv('empty column names', ',b\n1,2\n', { rows: 1, columns: 2 }),
  csv('dates and times', 'd,t\n2024-01-31,2024-01-31 12:00:00\n', {
    rows: 1,
    columns: [
      ['d', 'DATE'],
      ['t', 'TIMESTAMP'],
    ],
  }),
  csv('truth values', 'a\ntrue\nfalse\n', { rows: 2, columns: [['a', 'BOOLEAN']] }),
  csv('64 bits', 'a\n9223372036854775807\n-9223372036854775808\n', { rows: 2, columns: [['a', 'BIGINT']] }),
  csv('a text late in a column of numbers', `a\n${many(30_000, (index) => `${index}\n`)}word\n`, {
    rows: 30_001,
    columns: [['a', 'VARCHAR']],
  }),
  csv('2,000 columns', `${many(2000, (index) => `,c${index}`).slice(1)}\n${many(2000, () => ',1').slice(1)}\n`, {
    rows: 1,
    columns: 2000,
  }),
  csv('10,001 columns', `${many(10_001, (index) => `,c${index}`).slice(1)}\n`, { reason: 'too-large' }),
  csv('an unclosed quote', `a,b\n${many(50, () => '1,2\n')}"3,4\n5,6\n`, { reason: 'broken', row: 52 }),
  csv('no text at all', '\0\u0001\u0002\0\n\0\0\0', { reason: 'broken' }),
  {
    name: 'UTF-16',
    format: 'csv',
    content: () => Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le'),
    expected: { rows: 1, columns: ab },
  },
  {
    name: 'Latin-1',
    format: 'csv',
    content: () => Buffer.from('a,b\n\xe9,2\n', 'latin1'),
    expected: { reason: 'broken' },
  },
  {
    ...{ name: 'gzip', format: 'csv', isPacked: true, content: () => gzipSync('a,b\n1,2\n') },
    expected: { rows: 1, columns: ab },
  },
  {
    ...{ name: 'cut gzip', format: 'csv', isPacked: true },
    content: () => gzipSync(`a,b\n${many(5000, (index) => `${index},${index * 7919}\n`)}`).subarray(0, 5000),
    expected: { reason: 'broken' },
  },
  { name: 'no gzip', format: 'csv', isPacked: true, content: text('a,b\n1,2\n'), expected: { reason: 'broken' } },
  jsonl('records', '{"a":1,"b":2}\n{"a":3,"b":4}\n', { rows: 2, columns: ab }),
  jsonl('records without some fields', '{"a":1}\n{"b":4}\n', { rows: 2, columns: ab }),
  jsonl('nested', '{"a":{"x":1},"b":[1,2]}\n', {
    rows: 1,
    columns: [
      ['a', 'STRUCT("x" BIGINT)'],
      ['b', 'BIGINT[]'],
    ],
  }),
  jsonl('a broken line', '{"a":1}\n{"a":\n{"a":3}\n', { reason: 'broken' }),
  jsonl('an empty file', '', { rows: 0, columns: [] }),
  { name: 'array', format: 'json', content: text('[{"a":1,"b":2},{"a":3,"b":4}]'), expected: { rows: 2, columns: ab } },
  { name: 'one object', format: 'json', content: text('{"a":1,"b":2}'), expected: { rows: 1, columns: ab } },
  { name: 'cut JSON', format: 'json', content: text('[{"a":1,"b":2},{"a":3,'), expected: { reason: 'broken' } },
  {
    ...{ name: 'packed records', format: 'jsonl', isPacked: true, content: () => gzipSync('{"a":1,"b":2}\n') },
    expected: { rows: 1, columns: ab },
  },
  { name: 'no Parquet', format: 'parquet', content: text('PAR1 nothing PAR1'), expected: { reason: 'broken' } },
];
