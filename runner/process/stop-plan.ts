/** Delays of the signals after the stop file. */
export type StopPlan = { readonly terminateAfterMs: number; readonly killAfterMs: number };

/**
 * The command's share of the time until the machine ends; the rest is for uploading its last checkpoints and outputs.
 */
const share = { terminate: 0.4, kill: 0.6 } as const;

/** One grace until SIGTERM and a second one until SIGKILL, or less when the machine ends earlier. */
export function stopPlan(graceMs: number, leftMs: number | null): StopPlan {
  const mostMs = leftMs === null ? Number.POSITIVE_INFINITY : Math.max(0, leftMs);
  return {
    terminateAfterMs: Math.min(graceMs, mostMs * share.terminate),
    killAfterMs: Math.min(2 * graceMs, mostMs * share.kill),
  };
}
