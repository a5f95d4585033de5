/**
 * Looks up a name from user input in a table. A plain index would also find `constructor` and everything else that
 * objects inherit.
 */
export function ownValue<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
