import type { DatasetPreview } from '@artenic/core';
import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { cellText } from './cell-text.ts';

export type Sort = { readonly column: string; readonly isDescending: boolean } | null;

function nextSort(sort: Sort, column: string): Sort {
  if (sort?.column !== column) return { column, isDescending: false };
  return sort.isDescending ? null : { column, isDescending: true };
}

/** Rows of a table file, with heads that sort. */
export function PreviewGrid(props: {
  readonly preview: DatasetPreview;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}): ReactElement {
  const { preview, sort, onSort } = props;
  const head =
    'sticky top-0 z-1 h-9 bg-surface px-3 text-xs font-medium whitespace-nowrap text-muted shadow-[inset_0_-1px_0_var(--color-line)]';
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls by keyboard
    <div tabIndex={0} role="region" aria-label="Table of rows" className="max-h-[36rem] overflow-auto">
      <table className="w-full border-collapse text-xs">
        <caption className="sr-only">Rows of {preview.path}</caption>
        <thead>
          <tr>
            <th scope="col" className={`${head} text-right`}>
              Row
            </th>
            {preview.columns.map(({ name, type }) => {
              const isSorted = sort?.column === name;
              return (
                <th
                  key={name}
                  scope="col"
                  aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : undefined}
                  className={`${head} text-left`}
                >
                  <button
                    type="button"
                    title={`Sort by ${name} (${type})`}
                    onClick={() => onSort(nextSort(sort, name))}
                    className="-mx-1 inline-flex h-6 items-center gap-1 rounded-sm px-1 font-mono hover:text-ink"
                  >
                    {name}
                    {isSorted && <Icon name={sort.isDescending ? 'chevronDown' : 'chevronUp'} className="size-3" />}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {preview.rows.map(({ row, cells, cut }) => (
            <tr key={row}>
              <td className="h-8 px-3 text-right text-muted tabular-nums">{row}</td>
              {cells.map((cell, at) => {
                const text = cellText(cell);
                return (
                  <td
                    key={preview.columns[at]?.name}
                    title={text.length > 30 ? text.slice(0, 1000) : undefined}
                    className={`h-8 max-w-72 truncate px-3 font-mono ${cell === null ? 'text-muted italic' : ''} ${typeof cell === 'number' ? 'text-right tabular-nums' : ''}`}
                  >
                    {text}
                    {cut.includes(at) && '…'}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
