/**
 * Node's code of a system error, such as `ENOENT`. Checked by shape, because an error of another realm is no
 * `instanceof Error`.
 */
export function errorCode(error: unknown): string | null {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
  return hasCode ? (error.code as string) : null;
}

/** Whether a code comes from the operating system, and not from Node or this platform. */
export function isSystemCode(code: string | null): code is string {
  return code !== null && /^E[A-Z0-9]+$/.test(code);
}
