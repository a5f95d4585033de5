type Source = { readonly source?: string };

/** Reviver for `JSON.parse`: turns an integer that a double cannot hold into text with all its digits. */
export function keepDigits(this: unknown, _key: string, value: unknown, { source = '' }: Source = {}): unknown {
  const isLost = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLost && /^-?\d+$/.test(source) ? source : value;
}
