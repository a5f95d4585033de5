import type { FailoverAction } from '../failover/types.ts';

/** A release wakes the decision; this is for one that is lost. */
const lookAgainMs = 600_000;

/** While a job is held nothing new is launched. What runs is taken over, and what has an end ends. */
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
  const leftMs = stopAtMs === null ? lookAgainMs : Math.max(1, stopAtMs - nowMs);
  return {
    kind: 'wait',
    waitMs: Math.min(lookAgainMs, leftMs),
    reason: `held since ${heldAt.toISOString()}: a release lets it go on`,
  };
}
