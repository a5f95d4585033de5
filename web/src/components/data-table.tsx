import { useRef, type KeyboardEvent, type ReactElement, type ReactNode } from 'react';

export type Column<T> = {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: T) => ReactNode;
  readonly align?: 'left' | 'right';
  /** Screen size below which the column is hidden. */
  readonly hide?: 'sm' | 'md' | 'lg';
  readonly width?: string;
};

export type DataTableProps<T> = {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** Called on Enter or on a click anywhere in the row; the first cell should hold the same target as a link. */
  readonly onOpen?: (row: T) => void;
  readonly footer?: ReactNode;
};

const hidden: Readonly<Record<'sm' | 'md' | 'lg', string>> = {
  sm: 'hidden sm:table-cell',
  md: 'hidden md:table-cell',
  lg: 'hidden lg:table-cell',
};

function classOf<T>(column: Column<T>): string {
  const shown = column.hide === undefined ? '' : hidden[column.hide];
  return `${column.align === 'right' ? 'text-right tabular-nums' : 'text-left'} ${shown} ${column.width ?? ''}`;
}

/** J and K, or the arrow keys, move the focus from row to row. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step =
    event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0;
  const row = event.target instanceof Element ? event.target.closest('tr') : null;
  const next = step === 1 ? row?.nextElementSibling : step === -1 ? row?.previousElementSibling : null;
  const link = next?.querySelector<HTMLElement>('a, button');
  if (link === null || link === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  link.focus();
}

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, select, label') !== null;
}

export function DataTable<T>({ caption, columns, rows, rowKey, onOpen, footer }: DataTableProps<T>): ReactElement {
  const body = useRef<HTMLTableSectionElement>(null);
  return (
    <div className="relative overflow-x-auto">
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                className={`h-9 px-3 text-xs sm:px-4 font-medium whitespace-nowrap text-muted ${classOf(column)}`}
              >
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- moves between the rows' links, which are the controls */}
        <tbody ref={body} onKeyDown={moveFocus} className="divide-y divide-line">
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
