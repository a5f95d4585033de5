type Source = { readonly source?: string };

/** For `JSON.parse`: a whole number that a double cannot hold becomes text with all its digits. */
export function keepDigits(this: unknown, _key: string, value: unknown, { source = '' }: Source = {}): unknown {
  const isLost = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLost && /^-?\d+$/.test(source) ? source : value;
}
