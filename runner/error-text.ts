export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

let hide = (text: string): string => text;

/** From now on nothing is written to the machine's own log but through `mask`. */
export function hideInConsole(mask: (text: string) => string): void {
  hide = mask;
}

/** A line of the machine's own log, whose end people see when an attempt is lost. */
export function writeToConsole(line: string): void {
  process.stderr.write(`${hide(line)}\n`);
}

/** For the machine's own log beside the attempt's; the API has its parts by itself. */
export function complain(what: string, error: unknown): void {
  writeToConsole(`${what}: ${messageOf(error)}`);
}
