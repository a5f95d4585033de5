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

/** The failure under the wrappings that Temporal puts around it. */
function rootOf(failure: TemporalFailure): TemporalFailure {
  const wrapped = failure instanceof ActivityFailure || failure instanceof ChildWorkflowFailure;
  return wrapped && failure.cause instanceof TemporalFailure ? rootOf(failure.cause) : failure;
}

/** What is stored and shown of a failure. Anything but Temporal's own failures is a bug of ours and fails the task instead. */
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

/** Whether the same activity may work when it is tried again. A local activity's failure comes without a wrapping. */
export function mayBeRetried(error: unknown): boolean {
  if (!(error instanceof TemporalFailure)) return false;
  const root = rootOf(error);
  return root instanceof TimeoutFailure || (root instanceof ApplicationFailure && root.nonRetryable !== true);
}

/** A child that somebody ended by Terminate: it had no chance to stop or settle anything. */
export function wasTerminated(error: unknown): boolean {
  return error instanceof ChildWorkflowFailure && error.cause instanceof TerminatedFailure;
}

/** How an attempt ends by a failure that no retry cures. */
export function faultOf(error: TemporalFailure): AttemptEnding {
  const { type, message } = describeFailure(error);
  return { kind: 'failed', exitCode: null, message: `A fault of the platform ended the attempt (${type}): ${message}` };
}
