import { assertNever } from '../assert-never.ts';
import { withWarned } from './beside.ts';
import { ownLaunchRefusals } from './blocking.ts';
import type { EndedAttempt, FailoverAction, FailoverState, Offer } from './types.ts';

/** What an attempt does whose launch was refused, or that looks again. */
export type LaunchChoice =
  | { readonly kind: 'launch'; readonly offer: Offer; readonly reason: string }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly reason: string }
  /** What comes next is no launch of this attempt. */
  | { readonly kind: 'end' };

/** Offers whose time comes within this part of a wait are tried together: each look costs, and a tenth is no loss. */
const together = 0.1;

/** The last refused launch, as if it had been an attempt; undefined when an attempt has ended since. */
export function lastRefused(state: Pick<FailoverState, 'attempts' | 'launchRefusals'>): EndedAttempt | undefined {
  const refused = ownLaunchRefusals(state).at(-1);
  if (refused === undefined) return undefined;
  const { attempt, offer, kind, message, atMs } = refused;
  // one that ended by that refusal says it itself
  if ((state.attempts.at(-1)?.attempt ?? 0) >= attempt) return undefined;
  return { attempt, offer, ending: { kind, exitCode: null, message }, ranMs: 0, endedAtMs: atMs };
}

/**
 * What comes next for an attempt that has no instance: as the policy says of a job whose attempts before it have ended, and
 * which has not begun this one. The attempt that it follows may still be stopping after its warning.
 */
export function chooseLaunch(
  state: FailoverState,
  attempt: number,
  decide: (state: FailoverState) => FailoverAction,
): LaunchChoice {
  const before = state.openAttempts.filter((one) => one.attempt < attempt);
  // the one that it replaces came to its own end after all, and the failover hears of it
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

/** No longer than until the job's time is over. */
export function waitTogetherMs(waitMs: number, stopAtMs: number | null, nowMs: number): number {
  const longerMs = Math.round(waitMs * (1 + together));
  return stopAtMs === null ? longerMs : Math.min(longerMs, Math.max(waitMs, stopAtMs - nowMs));
}
