/** Collects an option that may be given several times. */
export function gather(value: string, all: readonly string[]): string[] {
  return [...all, value];
}
