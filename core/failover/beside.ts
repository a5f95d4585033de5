import { isFinal } from '../jobs/endings.ts';
import type { EndedAttempt, FailoverAction, FailoverState, OpenAttempt } from './types.ts';

type Decide = (state: FailoverState) => FailoverAction;

/**
 * Next decision while attempts are under way. An attempt that no run watches is taken over. A warned attempt gets its
 * replacement at once, launched beside it; `decideAlone`, the rule for ended attempts, chooses that replacement.
 */
export function decideWithOpenAttempts(state: FailoverState, decideAlone: Decide): FailoverAction {
  const { openAttempts, attempts } = state;
  const left = openAttempts.find(({ isWatched }) => !isWatched);
  if (left !== undefined) {
    const { attempt, offer } = left;
    return { kind: 'launch', attempt, offer, step: 'taken-over', reason: 'taken over', takeOver: true };
  }
  const final = attempts.find((one) => isFinal(one, state));
  if (final !== undefined) return decideAlone({ ...state, openAttempts: [] });
  if (state.cancelRequested) return watch('Cancelled: waiting for the running attempts to end.');
  const [warned, replacement] = openAttempts;
  if (replacement !== undefined) return watch(`Attempt ${replacement.attempt} follows attempt ${warned?.attempt}.`);
  if (warned === undefined || warned.noticedAtMs === null) return watch(`Attempt ${warned?.attempt} is running.`);
  if (warned.isDone) return watch(`Attempt ${warned.attempt} has ended: its result decides what comes next.`);
  const action = decideAlone({ ...withWarned(state, warned, warned.noticedAtMs), openAttempts: [] });
  // the warned attempt may still succeed by itself
  return action.kind === 'finish' ? watch(`No replacement: ${action.reason}`) : action;
}

function watch(reason: string): FailoverAction {
  return { kind: 'watch', reason };
}

/** Treats the warned attempt as if it had ended at its warning. */
export function withWarned(
  state: FailoverState,
  { attempt, offer, ranMs }: OpenAttempt,
  endedAtMs: number,
): FailoverState {
  const message = 'Spot preemption notice received.';
  const warned: EndedAttempt = {
    ...{ attempt, offer, ranMs, endedAtMs },
    ending: { kind: 'preempted', exitCode: null, message, evidence: 'notice' },
  };
  return {
    ...state,
    attempts: [...state.attempts, warned].toSorted((one, other) => one.attempt - other.attempt),
    endings: [...state.endings, { kind: 'preempted', exitCode: null, count: 1 }],
  };
}
