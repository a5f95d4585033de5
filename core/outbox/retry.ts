/** Next step for a message that could not be delivered. */
export type AfterFailure = { readonly kind: 'retry'; readonly atMs: number } | { readonly kind: 'give-up' };

const firstPauseMs = 2000;
const longestPauseMs = 600_000;
/** With the pauses above about two hours. Outages of a whole receiver are not counted as tries. */
export const mostTries = 20;

/** `tries` includes the failure that has just happened. */
export function afterFailure({ tries, nowMs }: { readonly tries: number; readonly nowMs: number }): AfterFailure {
  if (tries >= mostTries) return { kind: 'give-up' };
  return { kind: 'retry', atMs: nowMs + Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries - 1, 30)) };
}
