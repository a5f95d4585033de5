export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

let hide = (text: string): string => text;

/** From now on, every line of the machine's own log passes through `mask`. */
export function hideInConsole(mask: (text: string) => string): void {
  hide = mask;
}

/** Writes a line to the machine's own log. Users see the end of this log when an attempt is lost. */
export function writeToConsole(line: string): void {
  process.stderr.write(`${hide(line)}\n`);
}

/** Logs an error to the machine's own log only, not to the attempt's log that is shipped to the API. */
export function complain(what: string, error: unknown): void {
  writeToConsole(`${what}: ${messageOf(error)}`);
}
