import { DuckDBTypeId } from '@duckdb/node-api';
import { assertNever } from '../core/assert-never.ts';
import { ArtenicError } from '../core/errors.ts';
import type { Column } from './columns.ts';
import { nameSql } from './database.ts';
import type { PageFilter, PageQuery } from './messages.ts';

/** A condition with its parameters: nothing of a request's text becomes SQL. */
type Condition = { readonly sql: string; readonly values: readonly string[] };

function columnNamed(columns: readonly Column[], name: string): Column {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const some = columns.slice(0, 20).map((column) => column.name);
  const more = columns.length > some.length ? ', …' : '';
  throw new ArtenicError(
    'validation-failed',
    `There is no column ${JSON.stringify(name)}; there are ${some.join(', ')}${more}.`,
  );
}

const comparisons = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' } as const;

function conditionOf(columns: readonly Column[], { column, operator, value }: PageFilter): Condition {
  const found = columnNamed(columns, column);
  const name = nameSql(found.name);
  switch (operator) {
    case 'null':
      return { sql: `${name} IS NULL`, values: [] };
    case 'notnull':
      return { sql: `${name} IS NOT NULL`, values: [] };
    case 'contains':
      return { sql: `contains(lower(${name}::VARCHAR), lower($1::VARCHAR))`, values: [value] };
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      if (found.class === 'other')
        throw new ArtenicError(
          'validation-failed',
          `The column ${JSON.stringify(column)} is ${found.type}: only null, notnull and contains compare it.`,
        );
      // the type is the file's own, never the request's
      return { sql: `${name} ${comparisons[operator]} CAST($1 AS ${found.type})`, values: [value] };
    default:
      return assertNever(operator);
  }
}

/** Columns in which a text is searched: those whose text a person sees as it is. */
function isSearched({ class: kind, id }: Column): boolean {
  return kind === 'text' || kind === 'integer' || id === DuckDBTypeId.DATE;
}

function searchOf(columns: readonly Column[], text: string, parameter: number): Condition {
  const searched = columns.filter(isSearched).map(({ name, class: kind }) => {
    const value = kind === 'text' ? `lower(${nameSql(name)}::VARCHAR)` : `${nameSql(name)}::VARCHAR`;
    return `contains(${value}, lower($${parameter}::VARCHAR))`;
  });
  return searched.length === 0 ? { sql: 'false', values: [] } : { sql: `(${searched.join(' OR ')})`, values: [text] };
}

export type Selection = { readonly where: string; readonly orderBy: string; readonly values: readonly string[] };

/**
 * Filter, search and order of a page as SQL; null for the file as it is. @throws ArtenicError `validation-failed` for a
 * column that the file does not have
 */
export function selectionOf(
  columns: readonly Column[],
  { filter, search, sort }: Pick<PageQuery, 'filter' | 'search' | 'sort'>,
): Selection | null {
  if (filter === null && search === null && sort === null) return null;
  const conditions: Condition[] = [];
  if (filter !== null) conditions.push(conditionOf(columns, filter));
  const values = conditions.flatMap((condition) => condition.values);
  if (search !== null) conditions.push(searchOf(columns, search, values.length + 1));
  const order =
    sort === null
      ? ''
      : `${nameSql(columnNamed(columns, sort.column).name)} ${sort.isDescending ? 'DESC' : 'ASC'} NULLS LAST, `;
  return {
    where: conditions.length === 0 ? 'true' : conditions.map(({ sql }) => sql).join(' AND '),
    // equal values keep the file's order
    orderBy: `${order}file_row_number`,
    values: conditions.flatMap((condition) => condition.values),
  };
}
