import { filterOperators, type FilterOperator } from '@artenic/core';

export type PreviewSort = { readonly column: string; readonly isDescending: boolean };
export type PreviewFilter = { readonly column: string; readonly operator: FilterOperator; readonly value: string };

/** `column`, or `-column` for the other direction; a column of the whole name comes first. Null: no such column. */
export function sortOf(text: string, columns: ReadonlySet<string>): PreviewSort | null {
  if (columns.has(text)) return { column: text, isDescending: false };
  const column = text.slice(1);
  return text.startsWith('-') && columns.has(column) ? { column, isDescending: true } : null;
}

/**
 * `column:operator:value`; `null` and `notnull` have no value. Names and values may hold colons: the first operator
 * behind the name of a column counts. Null: no column of the file and operator.
 */
export function filterOf(text: string, columns: ReadonlySet<string>): PreviewFilter | null {
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    const column = text.slice(0, at);
    if (!columns.has(column)) continue;
    const rest = text.slice(at + 1);
    const end = rest.indexOf(':');
    const operator = filterOperators.find((one) => one === (end < 0 ? rest : rest.slice(0, end)));
    if (operator === undefined) continue;
    const hasNoValue = operator === 'null' || operator === 'notnull';
    if (hasNoValue !== end < 0) continue;
    return { column, operator, value: end < 0 ? '' : rest.slice(end + 1) };
  }
  return null;
}
