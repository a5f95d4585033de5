/** How long after the stop file the signals come. */
export type StopPlan = { readonly terminateAfterMs: number; readonly killAfterMs: number };

/** Of the time until the machine ends, what the command gets; the rest is for uploading what it leaves. */
const share = { terminate: 0.4, kill: 0.6 } as const;

/** One grace until SIGTERM, one more until SIGKILL, less when the machine does not last so long. */
export function stopPlan(graceMs: number, leftMs: number | null): StopPlan {
  const mostMs = leftMs === null ? Number.POSITIVE_INFINITY : Math.max(0, leftMs);
  return {
    terminateAfterMs: Math.min(graceMs, mostMs * share.terminate),
    killAfterMs: Math.min(2 * graceMs, mostMs * share.kill),
  };
}
