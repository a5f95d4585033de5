import { assertNever } from '../assert-never.ts';
import { withWarned } from './beside.ts';
import { ownLaunchRefusals } from './blocking.ts';
import type { EndedAttempt, FailoverAction, FailoverState, Offer } from './types.ts';

/** Next step of an attempt whose launch was refused, or whose wait is over. */
export type LaunchChoice =
  | { readonly kind: 'launch'; readonly offer: Offer; readonly reason: string }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly reason: string }
  /** The next action is no launch of this attempt. */
  | { readonly kind: 'end' };

/**
 * Offers that become free within this fraction of a wait are tried together: each check costs, and a wait that is a
 * tenth longer is no loss.
 */
const together = 0.1;

/** The last refused launch, in the form of an ended attempt; undefined when an attempt has ended since. */
export function lastRefused(state: Pick<FailoverState, 'attempts' | 'launchRefusals'>): EndedAttempt | undefined {
  const refused = ownLaunchRefusals(state).at(-1);
  if (refused === undefined) return undefined;
  const { attempt, offer, kind, message, atMs } = refused;
  // an attempt that ended with this refusal already reports it
  if ((state.attempts.at(-1)?.attempt ?? 0) >= attempt) return undefined;
  return { attempt, offer, ending: { kind, exitCode: null, message }, ranMs: 0, endedAtMs: atMs };
}

/**
 * Next step of an attempt that has no instance. The policy decides as for a job whose earlier attempts have ended and
 * which has not begun this one. The predecessor may still be stopping after its warning.
 */
export function chooseLaunch(
  state: FailoverState,
  attempt: number,
  decide: (state: FailoverState) => FailoverAction,
): LaunchChoice {
  const before = state.openAttempts.filter((one) => one.attempt < attempt);
  // the predecessor ended by itself after all, and the failover decides on its ending
  if (before.some(({ isDone }) => isDone)) return { kind: 'end' };
  const alone = before.reduce(
    (all, one) => (one.noticedAtMs === null ? all : withWarned(all, one, one.noticedAtMs)),
    state,
  );
  const action = decide({ ...alone, openAttempts: [] });
  switch (action.kind) {
    case 'launch':
      return { kind: 'launch', offer: action.offer, reason: action.reason };
    case 'wait':
      return { kind: 'wait', waitMs: action.waitMs, reason: action.reason };
    case 'watch':
    case 'replace':
    case 'finish':
      return { kind: 'end' };
    default:
      return assertNever(action);
  }
}

/** Lengthens the wait by `together`, but not beyond the job's stop time. */
export function waitTogetherMs(waitMs: number, stopAtMs: number | null, nowMs: number): number {
  const longerMs = Math.round(waitMs * (1 + together));
  return stopAtMs === null ? longerMs : Math.min(longerMs, Math.max(waitMs, stopAtMs - nowMs));
}
