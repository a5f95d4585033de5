/**
 * What a table holds under a name that somebody sent. A plain index would find `constructor` and everything else that
 * every object inherits.
 */
export function ownValue<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
