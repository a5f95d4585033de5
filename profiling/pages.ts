import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cell } from '@artenic/core';
import type { DuckDBValue } from '@duckdb/node-api';
import { ArtenicError, messageOf } from '../core/errors.ts';
import { columnsOf, type Column } from './columns.ts';
import { nameSql, openLocked, rowsOf, textSql, type Opened } from './database.ts';
import type { OpenAnswer, OpenRequest, PageAnswer, PageQuery, PageRow } from './messages.ts';
import { selectionOf, type Selection } from './page-sql.ts';
import { numberedSql, parquetSql } from './source.ts';
import { cellOf, countOf, cutText } from './values.ts';

const threads = 2;
/** Columns of a page. */
const mostColumns = 1000;
/** Characters of a cell. */
const longestCell = 2000;
/** Characters of a page: it then has fewer rows than were asked for. */
const longestPage = 4_000_000;
/** Results of filters, searches and orders whose row numbers are kept. */
const mostKept = 4;
const rowNumber = 'file_row_number';

type Kept = { readonly table: string; readonly total: number };

/** A Parquet file of which pages are read. */
export type OpenFile = { readonly facts: OpenAnswer; readonly page: (query: PageQuery) => Promise<PageAnswer> };

/** Long texts are cut while they are read, with one character more, so that the cut is seen. */
function cellSql({ name, class: kind }: Column): string {
  const quoted = nameSql(name);
  return kind === 'text' ? `left(${quoted}::VARCHAR, ${longestCell + 1}) AS ${quoted}` : quoted;
}

/** A cell that is too long becomes the beginning of its text. */
function shortened(cell: Cell): { readonly cell: Cell; readonly length: number; readonly isCut: boolean } {
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  if (text.length <= longestCell) return { cell, length: text.length, isCut: false };
  return { cell: cutText(text, longestCell), length: longestCell, isCut: true };
}

function toRows(found: readonly (readonly DuckDBValue[])[]): readonly PageRow[] {
  const rows: PageRow[] = [];
  let length = 0;
  for (const [number = null, ...values] of found) {
    const cut: number[] = [];
    const cells = values.map((value, index) => {
      const short = shortened(cellOf(value));
      length += short.length + 3;
      if (short.isCut) cut.push(index);
      return short.cell;
    });
    if (length > longestPage && rows.length > 0) break;
    rows.push({ row: countOf(number), cells, cut });
  }
  return rows;
}

class ParquetPages {
  readonly #opened: Opened;
  readonly #source: string;
  readonly #columns: readonly Column[];
  readonly #rows: number;
  readonly #kept = new Map<string, Kept>();
  #tables = 0;

  constructor(opened: Opened, source: string, columns: readonly Column[], rows: number) {
    this.#opened = opened;
    this.#source = source;
    this.#columns = columns;
    this.#rows = rows;
  }

  async page(query: PageQuery): Promise<PageAnswer> {
    const selection = selectionOf(this.#columns, query);
    const { found, total } =
      selection === null
        ? { found: await this.#plain(query), total: this.#rows }
        : await this.#selected(selection, query);
    const columns = this.#shown.map(({ name, type }) => ({ name, type }));
    return { columns, columnsLeftOut: this.#columns.length - columns.length, rows: toRows(found), total };
  }

  get #shown(): readonly Column[] {
    return this.#columns.slice(0, mostColumns);
  }

  get #list(): string {
    return [rowNumber, ...this.#shown.map(cellSql)].join(', ');
  }

  #plain({ limit, offset }: PageQuery): Promise<readonly (readonly DuckDBValue[])[]> {
    return rowsOf(this.#opened, `SELECT ${this.#list} FROM ${this.#source} LIMIT ${limit} OFFSET ${offset}`);
  }

  async #selected(selection: Selection, { limit, offset }: PageQuery) {
    const { table, total } = await this.#keep(selection);
    const numbers = await rowsOf(
      this.#opened,
      `SELECT number FROM ${table} WHERE place >= ${offset} AND place < ${offset + limit} ORDER BY place`,
    );
    if (numbers.length === 0) return { found: [], total };
    const list = numbers.map(([number = null]) => countOf(number));
    const [least, most] = [Math.min(...list), Math.max(...list)];
    const rows = await rowsOf(
      this.#opened,
      `SELECT ${this.#list} FROM ${this.#source}
       WHERE ${rowNumber} BETWEEN ${least} AND ${most} AND ${rowNumber} IN (${list.join(', ')})`,
    );
    const byNumber = new Map(rows.map((row) => [countOf(row[0]), row]));
    return {
      found:
        list.flatMap((number) => byNumber.get(number) ?? []).length === 0
          ? []
          : list.map((number) => byNumber.get(number) ?? []),
      total,
    };
  }

  /** The numbers of the matching rows in their order, in a table of memory: later pages of the same query are quick. */
  async #keep(selection: Selection): Promise<Kept> {
    const key = JSON.stringify(selection);
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const table = `kept_${++this.#tables}`;
    await this.#run(selection, table);
    const [[total] = []] = await rowsOf(this.#opened, `SELECT count(*) FROM ${table}`);
    const kept = { table, total: countOf(total) };
    this.#kept.set(key, kept);
    for (const [oldest, { table: old }] of this.#kept) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
      await this.#opened.connection.run(`DROP TABLE ${old}`);
    }
    return kept;
  }

  async #run({ where, orderBy, values }: Selection, table: string): Promise<void> {
    try {
      await this.#opened.connection.run(
        `CREATE TEMP TABLE ${table} AS
         SELECT row_number() OVER () - 1 AS place, number FROM (
           SELECT ${rowNumber} AS number FROM ${this.#source} WHERE ${where} ORDER BY ${orderBy}
         )`,
        [...values],
      );
    } catch (cause) {
      const message = messageOf(cause);
      if (!/^(?:Conversion|Invalid Input) Error/.test(message)) throw cause;
      throw new ArtenicError('validation-failed', 'The value of the filter does not have the type of its column.', {
        cause,
      });
    }
  }
}

export async function openPages({ path, folder, memoryMb }: OpenRequest): Promise<OpenFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const opened = await openLocked({ files: [path], spillFolder: join(folder, 'spill'), memoryMb, threads });
  // without the row's number, which is no column of the file
  const columns = await columnsOf(opened, parquetSql(path));
  const [[counted] = []] = await rowsOf(opened, `SELECT num_rows FROM parquet_file_metadata(${textSql(path)})`);
  const rows = countOf(counted);
  const pages = new ParquetPages(opened, numberedSql(path), columns, rows);
  return {
    facts: { columns: columns.map(({ name, type }) => ({ name, type })), rows },
    page: (query) => pages.page(query),
  };
}
