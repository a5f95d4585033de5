export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** For the machine's own log beside the attempt's; the API has its parts by itself. */
export function complain(what: string, error: unknown): void {
  process.stderr.write(`${what}: ${messageOf(error)}\n`);
}
