/** Collects the values of a repeatable option. */
export function gather(value: string, all: readonly string[]): string[] {
  return [...all, value];
}
