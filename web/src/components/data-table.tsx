import type { KeyboardEvent, ReactElement, ReactNode } from 'react';
import { moveRowFocus } from '../lib/row-focus.ts';
import { Icon } from './icon.tsx';

export type Column<T> = {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: T) => ReactNode;
  readonly align?: 'left' | 'right';
  /** Screen size below which the column is hidden. */
  readonly hide?: 'sm' | 'md' | 'lg' | '2xl';
  readonly width?: string;
  /** Field by which the list can be ordered, and the order of the first click. */
  readonly sort?: { readonly field: string; readonly first: 'ascending' | 'descending' };
  /** Shown before the head, such as a box for all rows. */
  readonly headStart?: ReactNode;
};

export type TableSort = {
  readonly field: string;
  readonly direction: 'ascending' | 'descending';
  /** Asks for the order of a column; null is the list's own order. */
  readonly onSort: (field: string, direction: 'ascending' | 'descending' | null) => void;
};

export type DataTableProps<T> = {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** Called on Enter or on a click anywhere in the row; the first cell should hold the same target as a link. */
  readonly onOpen?: (row: T) => void;
  readonly footer?: ReactNode;
  /** The order of the rows; without it no column can be sorted. */
  readonly sort?: TableSort;
  /** Name of a table without controls in its rows: it takes the focus itself, so that keys scroll it. */
  readonly scrollLabel?: string;
};

const hidden: Readonly<Record<'sm' | 'md' | 'lg' | '2xl', string>> = {
  sm: 'hidden sm:table-cell',
  md: 'hidden md:table-cell',
  lg: 'hidden lg:table-cell',
  '2xl': 'hidden 2xl:table-cell',
};

function classOf<T>(column: Column<T>): string {
  const shown = column.hide === undefined ? '' : hidden[column.hide];
  return `${column.align === 'right' ? 'text-right tabular-nums' : 'text-left'} ${shown} ${column.width ?? ''}`;
}

/** The arrow keys move the focus from row to row, as J and K do everywhere. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : null;
  if (step === null || !(event.target instanceof Element) || event.target.closest('[data-row]') === null) return;
  event.preventDefault();
  moveRowFocus(step);
}

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, select, label') !== null;
}

const opposite = { ascending: 'descending', descending: 'ascending' } as const;

function Head<T>({ column, sort }: { readonly column: Column<T>; readonly sort: TableSort | undefined }): ReactElement {
  const own = sort === undefined ? undefined : column.sort;
  const direction = own !== undefined && sort?.field === own.field ? sort.direction : undefined;
  const next = own === undefined || direction === undefined ? own?.first : opposite[direction];
  return (
    <th
      scope="col"
      aria-sort={direction}
      className={`h-9 px-3 text-xs sm:px-4 font-medium whitespace-nowrap text-muted ${classOf(column)}`}
    >
      {/* In the order of reading, also in columns that stand at the right. */}
      <span className={`inline-flex items-center gap-3 ${column.align === 'right' ? 'justify-end' : ''}`}>
        {column.headStart}
        {own === undefined ? (
          column.head
        ) : (
          <button
            type="button"
            className="-mx-1 inline-flex h-6 items-center gap-1 rounded-sm px-1 hover:text-ink "
            title={`Sort by ${column.head.toLowerCase()}, ${next}`}
            onClick={() => sort?.onSort(own.field, direction === opposite[own.first] ? null : (next ?? own.first))}
          >
            {column.head}
            {direction !== undefined && (
              <Icon name={direction === 'ascending' ? 'chevronUp' : 'chevronDown'} className="size-3" />
            )}
          </button>
        )}
      </span>
    </th>
  );
}

export function DataTable<T>(props: DataTableProps<T>): ReactElement {
  const { caption, columns, rows, rowKey, onOpen, footer, sort, scrollLabel } = props;
  const scrolls = scrollLabel !== undefined;
  return (
    <div
      className={`relative ${scrolls ? 'max-h-[32rem] overflow-auto' : 'overflow-x-auto'}`}
      {...(scrolls ? { role: 'region', 'aria-label': scrollLabel, tabIndex: 0 } : {})}
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} />
            ))}
          </tr>
        </thead>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- moves between the rows' links, which are the controls */}
        <tbody onKeyDown={moveFocus} className="divide-y divide-line">
          {rows.map((row) => (
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- the row's link does it by keyboard
            <tr
              key={rowKey(row)}
              data-row={rowKey(row)}
              onClick={
                onOpen === undefined ? undefined : (event) => (isControl(event.target) ? undefined : onOpen(row))
              }
              className={`transition-colors focus-within:bg-raised/60 ${onOpen === undefined ? '' : 'cursor-pointer hover:bg-raised/60'}`}
            >
              {columns.map((column) => (
                <td key={column.id} className={`h-12 px-3 py-1.5 sm:px-4 ${classOf(column)}`}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {footer}
    </div>
  );
}
