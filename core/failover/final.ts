import { assertNever } from '../assert-never.ts';
import type { EndedAttempt, FailoverState } from './types.ts';

/** Whether the job ends with this ending, whatever else is under way. */
export function isFinal(
  { ending }: EndedAttempt,
  { retryOnExitCodes }: Pick<FailoverState, 'retryOnExitCodes'>,
): boolean {
  switch (ending.kind) {
    case 'succeeded':
    case 'cancelled':
    case 'timed-out':
    case 'setup-failed':
      return true;
    case 'failed':
      return ending.exitCode === null || !retryOnExitCodes.includes(ending.exitCode);
    case 'killed':
    case 'lost':
    case 'preempted':
    case 'launch-failed':
    case 'stockout':
    case 'quota':
    case 'unauthorized':
    case 'unavailable':
      return false;
    default:
      return assertNever(ending.kind);
  }
}
