import { ArtenicError } from '../core/errors.ts';

/** Encodes the sort key of the last row of a page. Cursors are opaque to readers. */
export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

export function decodeCursor(cursor: string, length: number): readonly string[] {
  const key = parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (Array.isArray(key) && key.length === length && key.every((part): part is string => typeof part === 'string')) {
    return key;
  }
  throw notOurs();
}

/** Decodes a cursor that consists of one whole number. */
export function decodeNumberCursor(cursor: string, most: bigint = 2_147_483_647n): bigint {
  const [text = ''] = decodeCursor(cursor, 1);
  const number = /^\d{1,18}$/.test(text) ? BigInt(text) : null;
  if (number !== null && number <= most) return number;
  throw notOurs();
}

/** Refusal of a cursor that no answer has given. */
export function notOurs(): ArtenicError {
  return new ArtenicError('validation-failed', 'The cursor is none of ours: take `nextCursor` of the page before.');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** `rows` holds one row more than the page if another page follows. */
export function toPage<Row, T>(
  rows: readonly Row[],
  limit: number,
  convert: (row: Row) => T,
  keyOf: (item: T) => readonly string[],
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const items = rows.slice(0, limit).map(convert);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
