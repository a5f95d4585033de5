/** Hexadecimal digits of a whole job id. */
export const idDigits = 32;

/** Digits of an id, or of its beginning or end, without dashes; null when the text is no such part. */
export function digitsOfId(text: string): string | null {
  const digits = text.replaceAll('-', '').toLowerCase();
  return /^[0-9a-f]{6,32}$/.test(digits) ? digits : null;
}

/** Digits that lists show of an id: its last eight. */
const shownDigits = 8;

/** Three or more digits from the beginning of what lists show of an id; null when the text is no such part. */
export function shownPartOf(text: string): string | null {
  const digits = text.trim().toLowerCase();
  return /^[0-9a-f]{3,8}$/.test(digits) ? digits : null;
}

/** Whether the digits that lists show of an id begin with these. */
export const isShownPart = (id: string, digits: string): boolean => id.slice(-shownDigits).startsWith(digits);

/** The id with these 32 digits, as it is stored. */
export function idOfDigits(digits: string): string {
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => digits.slice(from, to))
    .join('-');
}
