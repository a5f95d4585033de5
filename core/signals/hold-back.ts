import type { FailoverAction } from '../failover/types.ts';

/** Longest wait of a held job. A release ends the wait early; this bound covers a lost release. */
const longestLookMs = 600_000;

/**
 * While a job is held nothing new is launched. Running attempts are still taken over, and endings still end the job.
 */
export function holdBack(
  action: FailoverAction,
  {
    heldAt,
    stopAtMs,
    nowMs,
  }: { readonly heldAt: Date | null; readonly stopAtMs: number | null; readonly nowMs: number },
): FailoverAction {
  if (heldAt === null || action.kind === 'finish' || action.kind === 'watch') return action;
  if (action.kind === 'launch' && action.takeOver === true) return action;
  const reason = heldReason(heldAt);
  // running attempts continue where they are
  if (action.kind === 'replace') return { kind: 'watch', reason };
  return { kind: 'wait', waitMs: lookAgainMs(stopAtMs, nowMs), reason, waitsFor: 'release' };
}

/** How long a held job waits until it checks the hold again. */
export function lookAgainMs(stopAtMs: number | null, nowMs: number): number {
  const leftMs = stopAtMs === null ? longestLookMs : Math.max(1, stopAtMs - nowMs);
  return Math.min(longestLookMs, leftMs);
}

export function heldReason(heldAt: Date): string {
  return `held since ${heldAt.toISOString()}: release the job to continue`;
}
