import type { Request } from 'express';

/**
 * A single range of bytes, `bytes=-500` included. Several ranges and unreadable ones count as absent, as RFC 9110
 * allows.
 */
export function rangeOf(
  request: Request,
  bytes: number,
): 'behind-the-end' | { readonly start: number; readonly end: number } | null {
  const ranges = bytes === 0 ? undefined : request.range(bytes);
  if (ranges === -1) return 'behind-the-end';
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return null;
  return ranges[0] ?? null;
}
