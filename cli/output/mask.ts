/** Masks a key but keeps its id, to tell keys apart: `aa_live_<id>_…`. Text in any other form is hidden entirely. */
export function maskKey(key: string): string {
  const named = /^aa_live_[a-z0-9]{8}_/.exec(key);
  return named === null ? '…' : `${named[0]}…`;
}
