import stringWidth from 'string-width';
import type { Look, Tone } from './look.ts';
import { oneLine } from './printable.ts';
import { padded, withoutMiddle, wrap } from './wrap.ts';

/** One column of a list. */
export type Column<T> = {
  readonly name: string;
  /** Words before the first column's value where a row is a block; the name in small letters without it. */
  readonly title?: string;
  readonly cell: (item: T) => string;
  readonly tone?: (item: T) => Tone | null;
  /** Numbers stand under each other by their last digit. */
  readonly isNumber?: boolean;
  /** Left out when the terminal is too narrow, the highest number first; never without a number. */
  readonly rank?: number;
  /** Left out when no row has a value. */
  readonly isOptional?: boolean;
};

const gap = 2;
/** A column of text narrower than this is hard to read. */
const readable = 20;
/** Most lines of a row on a terminal; `--wide` shows the whole text in one. */
const mostLines = 5;

type Cell = { readonly text: string; readonly tone: Tone | null };
type Shown = {
  readonly name: string;
  readonly title: string;
  readonly isNumber: boolean;
  readonly rank: number;
  readonly cells: Cell[];
};

function shownColumns<T>(columns: readonly Column<T>[], items: readonly T[]): readonly Shown[] {
  return columns
    .map((column) => ({
      name: column.name,
      title: column.title ?? `${column.name.slice(0, 1)}${column.name.slice(1).toLowerCase()}`,
      isNumber: column.isNumber ?? false,
      rank: column.rank ?? 0,
      isOptional: column.isOptional ?? false,
      cells: items.map((item) => ({ text: oneLine(column.cell(item)), tone: column.tone?.(item) ?? null })),
    }))
    .filter(({ isOptional, cells }) => !isOptional || cells.some(({ text }) => text !== ''));
}

const widthOf = ({ name, cells }: Shown): number =>
  cells.reduce((widest, { text }) => Math.max(widest, stringWidth(text)), stringWidth(name));

const totalOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + gap, -gap);

type Fit = { readonly columns: readonly Shown[]; readonly widths: readonly number[] };

/**
 * Columns and widths that fit: the last column is wrapped, then columns are left out by rank. Null when even the
 * columns that must stay leave no readable room.
 */
function fit(all: readonly Shown[], available: number): Fit | null {
  let columns = all;
  for (;;) {
    const widths = columns.map(widthOf);
    const last = widths.at(-1) ?? 0;
    const room = available - totalOf([...widths.slice(0, -1), 0]);
    if (room >= Math.min(last, readable)) return { columns, widths: [...widths.slice(0, -1), Math.min(last, room)] };
    const rank = Math.max(...columns.map((column) => column.rank));
    if (rank === 0) return null;
    const dropped = columns.findLastIndex((column) => column.rank === rank);
    columns = columns.toSpliced(dropped, 1);
  }
}

function rowLines(look: Look, { columns, widths }: Fit, row: number): readonly string[] {
  const isWrapped = look.columns !== null;
  const texts = columns.map(({ cells }, index) => {
    const width = widths[index] ?? 0;
    const text = cells[row]?.text ?? '';
    return index === columns.length - 1 && isWrapped ? withoutMiddle(wrap(text, width), mostLines) : [text];
  });
  const height = Math.max(...texts.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map(({ cells, isNumber }, index) => {
        const text = texts[index]?.[line] ?? '';
        const isLast = index === columns.length - 1;
        const shown = look.paint(cells[row]?.tone ?? null, text);
        const spaced = isLast && !isNumber ? shown : padded(shown, widths[index] ?? 0, isNumber);
        return spaced + (isLast ? '' : ' '.repeat(gap));
      })
      .join('')
      .trimEnd(),
  );
}

function asTable(look: Look, found: Fit, count: number): string {
  const head = found.columns
    .map(({ name, isNumber }, index) =>
      index === found.columns.length - 1 && !isNumber ? name : padded(name, found.widths[index] ?? 0, isNumber),
    )
    .join(' '.repeat(gap))
    .trimEnd();
  const rows = Array.from({ length: count }, (_, row) => rowLines(look, found, row)).flat();
  return [look.paint('heading', head), ...rows].join('\n');
}

/** One block for each row, for terminals too narrow for a table: the first column heads it. */
function asBlocks(look: Look, all: readonly Shown[], count: number, available: number): string {
  const [first, ...rest] = all;
  const names = rest.reduce((widest, { name }) => Math.max(widest, stringWidth(name)), 0);
  const width = Math.max(readable, available - names - 2 * gap);
  const blocks = Array.from({ length: count }, (_, row) => {
    const lines = rest.flatMap(({ name, cells }) => {
      const { text = '', tone = null } = cells[row] ?? {};
      if (text === '' || text === '–') return [];
      return wrap(text, width).map((line, index) => {
        const label = padded(index === 0 ? name.toLowerCase() : '', names);
        return `${' '.repeat(gap)}${look.paint('muted', label)}${' '.repeat(gap)}${look.paint(tone, line)}`;
      });
    });
    return [look.paint('heading', `${first?.title ?? ''} ${first?.cells[row]?.text ?? ''}`), ...lines].join('\n');
  });
  return blocks.join('\n');
}

/** A list as a table that fits the terminal, or as blocks where no table would be readable. */
export function table<T>(look: Look, columns: readonly Column<T>[], items: readonly T[]): string {
  const all = shownColumns(columns, items);
  if (look.columns === null) return asTable(look, { columns: all, widths: all.map(widthOf) }, items.length);
  const found = fit(all, look.columns);
  return found === null ? asBlocks(look, all, items.length, look.columns) : asTable(look, found, items.length);
}

/** Names and values under each other; empty values are left out. */
export function details(
  look: Look,
  rows: readonly (readonly [name: string, value: string, tone?: Tone | null])[],
): string {
  const shown = rows.filter(([, value]) => value !== '');
  const names = shown.reduce((widest, [name]) => Math.max(widest, stringWidth(name)), 0);
  return shown
    .flatMap(([name, value, tone = null]) => {
      const text = oneLine(value);
      const lines = look.columns === null ? [text] : wrap(text, Math.max(readable, look.columns - names - gap));
      return lines.map((line, index) => {
        const label = padded(index === 0 ? name : '', names);
        return `${look.paint('muted', label)}${' '.repeat(gap)}${look.paint(tone, line)}`.trimEnd();
      });
    })
    .join('\n');
}

/** Sentences, wrapped to the terminal; `indent` columns are left free. */
export function paragraph(look: Look, text: string, indent = 0): string {
  const clean = oneLine(text);
  const lines = look.columns === null ? [clean] : wrap(clean, Math.max(readable, look.columns - indent));
  return lines.map((line) => ' '.repeat(indent) + line).join('\n');
}
