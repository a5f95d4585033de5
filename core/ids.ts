/**
 * UUID version 7 (RFC 9562, section 5.7): sorts by creation time.
 * @param nowMs milliseconds since 1970
 * @param random at least 10 random bytes
 */
export function uuidv7(nowMs: number, random: Uint8Array): string {
  if (random.length < 10) throw new RangeError('uuidv7 needs 10 random bytes');
  const bytes = new Uint8Array(16);
  let rest = Math.floor(nowMs);
  for (let index = 5; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Id of an attempt, also used as the client token of its launch and as the id of its workflow. */
export function attemptIdOf(jobId: string, attempt: number): string {
  return `${jobId}/attempt-${attempt}`;
}

export function parseAttemptId(attemptId: string): { readonly jobId: string; readonly attempt: number } | null {
  const match = /^([^/]+)\/attempt-(\d{1,9})$/.exec(attemptId);
  return match?.[1] === undefined || match[2] === undefined ? null : { jobId: match[1], attempt: Number(match[2]) };
}
