import { describe, expect, test } from '@jest/globals';
import { attemptEndingKinds, runnerStopReasons, type AttemptEnding, type AttemptEndingKind } from '@artenic/core';
import { endingRules, isFinal } from '../../../core/jobs/endings.ts';
import {
  endingOfStop,
  explainedByStop,
  leavesWorkUndone,
  stopReasons,
  stopRules,
  wantedStop,
  type StopReason,
} from '../../../core/jobs/stop-reasons.ts';
import { mayTransition } from '../../../core/jobs/transitions.ts';

/**
 * Effect of each stop on an attempt, written by hand: the test fails when a row changes or a new row is missing here.
 */
const expected: Readonly<Record<StopReason, { readonly kind: AttemptEndingKind; readonly words: string }>> = {
  cancelled: { kind: 'cancelled', words: 'Cancelled on request.' },
  'cancelled-now': { kind: 'cancelled', words: 'Cancelled on request, without the grace for a last checkpoint.' },
  'max-hours': { kind: 'timed-out', words: '`maxHours` ran out before the command was done.' },
  'not-needed': { kind: 'cancelled', words: 'The job has ended without it.' },
};
const collected = (kind: AttemptEndingKind): AttemptEnding => ({
  ...{ kind, exitCode: 7, message: `collected ${kind}` },
  ...(kind === 'preempted' ? { evidence: 'notice' } : {}),
});
const pairs = stopReasons.flatMap((reason) => attemptEndingKinds.map((kind) => [reason, kind] as const));

test.each(pairs)('a stop for %s explains an attempt that was collected as %s, unless it succeeded', (reason, kind) => {
  const ending = collected(kind);
  const { kind: endsAs, words } = expected[reason];
  expect(explainedByStop(ending, reason)).toEqual(
    kind === 'succeeded' ? ending : { kind: endsAs, exitCode: 7, message: words },
  );
});

test.each(attemptEndingKinds)('without a stop, %s stays what it is', (kind) => {
  expect(explainedByStop(collected(kind), null)).toEqual(collected(kind));
});

describe.each(stopReasons)('%s', (reason) => {
  test('ends the job, in a state that a collecting job may go to', () => {
    const ending = endingOfStop(reason, null);
    expect(isFinal({ ending }, { retryOnExitCodes: [1] })).toBe(true);
    expect(mayTransition('collecting', endingRules[ending.kind].jobState)).toBe(true);
  });

  test('is told to the runner in a word that it knows, before a cancel of the job', () => {
    expect(runnerStopReasons).toContain(stopRules[reason].runnerReason);
    expect(wantedStop({ stopRequested: reason }, { cancelRequestedAt: new Date(), cancelNowAt: null })).toBe(reason);
    const now = { cancelRequestedAt: new Date(), cancelNowAt: new Date() };
    expect(wantedStop({ stopRequested: reason }, now)).toBe('cancelled-now');
  });
});

test('nothing is asked of an attempt until its job is cancelled', () => {
  expect(wantedStop({ stopRequested: null }, { cancelRequestedAt: null, cancelNowAt: null })).toBeNull();
  expect(wantedStop({ stopRequested: null }, { cancelRequestedAt: new Date(), cancelNowAt: null })).toBe('cancelled');
});

test.each(attemptEndingKinds)('%s ends its job as the table says, whatever the exit code', (kind) => {
  const { endsJob } = endingRules[kind];
  const isFinalWith = (exitCode: number | null): boolean =>
    isFinal({ ending: { kind, exitCode, message: '' } }, { retryOnExitCodes: [3] });
  expect([null, 3, 4].map(isFinalWith)).toEqual(
    endsJob === 'unless-retried' ? [true, false, true] : Array(3).fill(endsJob === 'always'),
  );
});

test('only a stop that says nothing of the job leaves its work to another attempt', () => {
  const reasons = ['exited', 'stop-requested', 'max-hours', 'restore-failed', 'fenced'];
  expect(reasons.filter(leavesWorkUndone)).toEqual(['stop-requested']);
});
