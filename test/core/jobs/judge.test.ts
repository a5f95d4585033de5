import { describe, expect, test } from '@jest/globals';
import { completionMarkerSchema, type AttemptEndingKind, type CompletionMarker } from '@artenic/core';
import { judgeMarker, judgeWithoutMarker } from '../../../core/jobs/judge.ts';
import { stopReasons, stopRules, type StopReason } from '../../../core/jobs/stop-reasons.ts';

const bare: CompletionMarker = {
  ...{ attemptId: 'job/attempt-1', phase: 'training', reason: 'exited', exitCode: 0, signal: null, message: 'words' },
  ...{ outputs: [], setupFreeze: null, timings: {}, finishedAt: '2026-01-01T00:00:00.000Z' },
};
const spec = { command: 'train', outputs: { metrics: [] } };
const asked: readonly (StopReason | null)[] = [null, ...stopReasons];

/** Ending for each reason of the marker when no stop was requested. */
const alone: Readonly<Record<CompletionMarker['reason'], AttemptEndingKind>> = {
  exited: 'succeeded',
  'stop-requested': 'preempted',
  'max-hours': 'timed-out',
  'restore-failed': 'failed',
  fenced: 'lost',
};
const pairs = completionMarkerSchema.shape.reason.options.flatMap((reason) =>
  asked.map((stopRequested) => [reason, stopRequested] as const),
);

test.each(pairs)('a marker that says %s, after a stop for %s', (reason, stopRequested) => {
  const ending = judgeMarker({
    ...{ stopRequested, spec, modelPath: 'model.onnx' },
    marker: { ...bare, reason },
  });
  // Only the reason `stop-requested`, which names no cause, takes its ending from the requested stop.
  const isExplained = reason === 'stop-requested' && stopRequested !== null;
  expect(ending.kind).toBe(isExplained ? stopRules[stopRequested].ending : alone[reason]);
  expect(ending.exitCode).toBe(0);
});

describe.each(stopReasons)('an attempt without a marker after a stop for %s', (stopRequested) => {
  const endings = ['preemption', 'request', 'itself', 'unknown'] as const;
  test.each(endings)('is explained by it, though its machine ended by %s', (endedBy) => {
    const evidence = { endedBy, endedAt: null };
    expect(judgeWithoutMarker({ stopRequested, evidence, launchError: null })).toEqual({
      ...{ kind: stopRules[stopRequested].ending, exitCode: null, message: stopRules[stopRequested].message },
    });
  });

  test('is what its launch was, when that failed', () => {
    const launchError = { type: 'stockout', message: 'none left' };
    expect(judgeWithoutMarker({ stopRequested, evidence: null, launchError })).toMatchObject({ kind: 'stockout' });
  });
});
