import type { AttemptEnding, AttemptEndingKind, TerminalJobState } from '@artenic/core';
import { assertNever } from '../assert-never.ts';

type EndingRule = {
  /** Whether such an ending ends the job, regardless of other attempts under way. */
  readonly endsJob: 'always' | 'unless-retried' | 'never';
  /** The job's state if it ends with such an attempt, including when only the attempt limit ends it. */
  readonly jobState: TerminalJobState;
};

/** Effect of an attempt's ending on its job: one row per ending. */
export const endingRules = {
  succeeded: { endsJob: 'always', jobState: 'succeeded' },
  failed: { endsJob: 'unless-retried', jobState: 'failed' },
  killed: { endsJob: 'never', jobState: 'failed' },
  'setup-failed': { endsJob: 'always', jobState: 'failed' },
  lost: { endsJob: 'never', jobState: 'failed' },
  preempted: { endsJob: 'never', jobState: 'failed' },
  stockout: { endsJob: 'never', jobState: 'failed' },
  quota: { endsJob: 'never', jobState: 'failed' },
  unauthorized: { endsJob: 'never', jobState: 'failed' },
  unavailable: { endsJob: 'never', jobState: 'failed' },
  'launch-failed': { endsJob: 'never', jobState: 'failed' },
  cancelled: { endsJob: 'always', jobState: 'cancelled' },
  'timed-out': { endsJob: 'always', jobState: 'timed-out' },
} as const satisfies Record<AttemptEndingKind, EndingRule>;

/** Endings are read from rows: a kind that is not in the table is a fault and never leads to a decision. */
function ruleOf(kind: AttemptEndingKind): EndingRule {
  return Object.hasOwn(endingRules, kind) ? endingRules[kind] : assertNever(kind as never);
}

export type JobEnd = { readonly state: TerminalJobState; readonly message: string };

export function jobEndOf(kind: AttemptEndingKind, message: string): JobEnd {
  return { state: ruleOf(kind).jobState, message };
}

/** Whether this ending ends the job, regardless of other attempts under way. */
export function isFinal(
  { ending }: { readonly ending: AttemptEnding },
  { retryOnExitCodes }: { readonly retryOnExitCodes: readonly number[] },
): boolean {
  const { endsJob } = ruleOf(ending.kind);
  if (endsJob !== 'unless-retried') return endsJob === 'always';
  return ending.exitCode === null || !retryOnExitCodes.includes(ending.exitCode);
}
