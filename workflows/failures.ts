import type { AttemptEnding } from '@artenic/core';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { ErrorType } from '../core/errors.ts';

/** The failure inside Temporal's wrappers. */
function rootOf(failure: TemporalFailure): TemporalFailure {
  const wrapped = failure instanceof ActivityFailure || failure instanceof ChildWorkflowFailure;
  return wrapped && failure.cause instanceof TemporalFailure ? rootOf(failure.cause) : failure;
}

/**
 * Type and message of a failure, to store and show. Any other error is a bug of the platform and fails the workflow
 * task instead.
 */
export function describeFailure(failure: TemporalFailure): { readonly type: string; readonly message: string } {
  const root = rootOf(failure);
  if (root instanceof ApplicationFailure) return { type: root.type ?? 'internal', message: root.message };
  if (root instanceof TimeoutFailure) return { type: 'deadline-exceeded', message: root.message };
  return { type: 'internal', message: root.message };
}

export function hasType(error: unknown, type: ErrorType): boolean {
  return error instanceof TemporalFailure && describeFailure(error).type === type;
}

export function isCancelled(error: unknown): boolean {
  return error instanceof TemporalFailure && rootOf(error) instanceof CancelledFailure;
}

/** Whether a retry of the same activity may succeed. A local activity's failure has no wrapper. */
export function mayBeRetried(error: unknown): boolean {
  if (!(error instanceof TemporalFailure)) return false;
  const root = rootOf(error);
  return root instanceof TimeoutFailure || (root instanceof ApplicationFailure && root.nonRetryable !== true);
}

/** Whether a child was ended by Terminate, without a chance to stop or settle anything. */
export function wasTerminated(error: unknown): boolean {
  return error instanceof ChildWorkflowFailure && error.cause instanceof TerminatedFailure;
}

/** Ending of an attempt after a failure that no retry cures. */
export function faultOf(error: TemporalFailure): AttemptEnding {
  const { type, message } = describeFailure(error);
  return { kind: 'failed', exitCode: null, message: `An internal error ended the attempt (${type}): ${message}` };
}
