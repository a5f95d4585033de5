/**
 * Why the number written as `source` differs from its double; null when it does not. Fractions may be rounded, as with
 * every reader of doubles; integers must keep all their digits.
 */
export function numberLoss(value: number, source: string): string | null {
  const shown = source.slice(0, 50);
  if (!Number.isFinite(value)) return /\d/.test(source) ? `${shown} is too large for a number` : null;
  const isWhole = /^[+-]?(?:\d+|0x[\da-f]+|0o[0-7]+)$/i.test(source);
  if (isWhole && !Number.isSafeInteger(value))
    return `${shown} has more digits than a number keeps: write it in quotes`;
  if (value === 0 && /[1-9]/.test(source.replace(/e.*/is, '')))
    return `${shown} is too small for a number: it would be 0`;
  return null;
}

type Lost = { readonly path: readonly PropertyKey[]; readonly message: string };
type Source = { readonly source?: string };

/** A cheap filter: lost digits are rare, and the exact search takes several times as long as `JSON.parse`. */
const suspect = /\d{16}|\d[eE][+-]?\d{3}|\.\d{300}/;

/** The first number in valid JSON that a double does not hold as written; null when there is none. */
export function lostNumber(json: string): Lost | null {
  if (!suspect.test(json)) return null;
  class Mark {
    readonly message: string;
    constructor(message: string) {
      this.message = message;
    }
  }
  const marked: unknown = JSON.parse(json, (_key, value: unknown, { source = '' }: Source = {}) => {
    const loss = typeof value === 'number' ? numberLoss(value, source) : null;
    return loss === null ? value : new Mark(loss);
  });
  const find = (value: unknown, path: readonly PropertyKey[]): Lost | null => {
    if (value instanceof Mark) return { path, message: value.message };
    if (typeof value !== 'object' || value === null) return null;
    for (const [key, inner] of Object.entries(value)) {
      const found = find(inner, [...path, key]);
      if (found !== null) return found;
    }
    return null;
  };
  return find(marked, []);
}
