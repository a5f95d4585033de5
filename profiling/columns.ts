import type { ColumnClass } from '@artenic/core';
import { DuckDBTypeId, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { nameSql, rowsOf, type Opened } from './database.ts';
import { unreadable } from './failures.ts';

export type Column = {
  readonly name: string;
  readonly type: string;
  readonly class: ColumnClass;
  readonly id: DuckDBTypeId;
};

const mostColumns = 10_000;
const longestName = 1000;
const longestType = 1000;

const integers: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
]);
const times: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
]);
const texts: ReadonlySet<DuckDBTypeId> = new Set([DuckDBTypeId.VARCHAR, DuckDBTypeId.ENUM, DuckDBTypeId.UUID]);

function classOf(id: DuckDBTypeId): ColumnClass {
  if (id === DuckDBTypeId.BOOLEAN) return 'boolean';
  if (integers.has(id)) return 'integer';
  if (id === DuckDBTypeId.DECIMAL) return 'decimal';
  if (id === DuckDBTypeId.FLOAT || id === DuckDBTypeId.DOUBLE) return 'real';
  if (times.has(id)) return 'time';
  return texts.has(id) ? 'text' : 'other';
}

function columnOf(name: string, type: DuckDBType): Column {
  if (name.length > longestName)
    throw unreadable(`A column's name has ${name.length} characters, more than ${longestName}.`, {
      reason: 'too-large',
      row: 1,
    });
  const text = String(type);
  const shown = text.length > longestType ? `${text.slice(0, longestType)}…` : text;
  return { name, type: shown, class: classOf(type.typeId), id: type.typeId };
}

/** Columns of a relation, in its order. */
export async function columnsOf({ connection }: Opened, relation: string): Promise<readonly Column[]> {
  const prepared = await connection.prepare(`SELECT * FROM ${relation}`);
  try {
    const { columnCount } = prepared;
    if (columnCount > mostColumns)
      throw unreadable(`The file has ${columnCount} columns, more than ${mostColumns}.`, { reason: 'too-large' });
    return Array.from({ length: columnCount }, (_, index) =>
      columnOf(prepared.columnName(index), prepared.columnType(index)),
    );
  } finally {
    prepared.destroySync();
  }
}

/** An aggregate of a column, by the name under which it is read back. */
export type Aggregates = Readonly<Record<string, string>>;

/**
 * Runs aggregates of many columns in statements of some columns each. A wide file would otherwise need all states at
 * once.
 */
export async function aggregate(
  opened: Opened,
  relation: string,
  columns: readonly Column[],
  aggregatesOf: (column: Column, name: string, index: number) => Aggregates,
): Promise<readonly ReadonlyMap<string, DuckDBValue>[]> {
  const atOnce = 50;
  const results: ReadonlyMap<string, DuckDBValue>[] = [];
  for (let from = 0; from < columns.length; from += atOnce) {
    const wanted = columns.slice(from, from + atOnce).map((column, index) => {
      return Object.entries(aggregatesOf(column, nameSql(column.name), from + index));
    });
    const list = wanted.flat().map(([, sql]) => sql);
    const [row = []] = list.length === 0 ? [[]] : await rowsOf(opened, `SELECT ${list.join(', ')} FROM ${relation}`);
    let at = 0;
    for (const entries of wanted) {
      results.push(new Map(entries.map(([name], index) => [name, row[at + index] ?? null])));
      at += entries.length;
    }
  }
  return results;
}
