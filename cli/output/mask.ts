/** Enough of a key to tell it from others: `aa_live_<id>_…`; of anything else nothing. */
export function maskKey(key: string): string {
  const named = /^aa_live_[a-z0-9]{8}_/.exec(key);
  return named === null ? '…' : `${named[0]}…`;
}
