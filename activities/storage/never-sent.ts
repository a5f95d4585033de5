/** Codes of requests that were never sent, so the server cannot have changed anything. */
const neverSent: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'CredentialsProviderError',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function isNeverSent(code: string): boolean {
  return neverSent.has(code);
}
