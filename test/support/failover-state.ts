import type { EndedAttempt, EndingCount, FailoverState, Offer } from '../../core/failover/types.ts';

function countEndings(attempts: readonly EndedAttempt[]): readonly EndingCount[] {
  return attempts.map(({ ending: { kind, exitCode } }) => ({
    ...{ kind, exitCode: kind === 'failed' ? exitCode : null, count: 1 },
  }));
}

function ruledOutBy(attempts: readonly EndedAttempt[]): readonly Offer[] {
  return attempts.filter(({ ending }) => ending.kind === 'launch-failed').map(({ offer }) => offer);
}

/** A failover state whose sums match its attempts. */
export function failoverState(
  state: Omit<FailoverState, 'endings' | 'ruledOut' | 'launchRefusals'> & Partial<FailoverState>,
): FailoverState {
  const { attempts } = state;
  return { endings: countEndings(attempts), ruledOut: ruledOutBy(attempts), launchRefusals: [], ...state };
}
