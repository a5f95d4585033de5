import { formatValue, type Cell } from '@artenic/core';

/** A value of a table as people read it. */
export function cellText(cell: Cell): string {
  if (cell === null) return 'null';
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') return Number.isInteger(cell) ? String(cell) : formatValue(cell);
  return JSON.stringify(cell);
}
