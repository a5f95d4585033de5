import { asyncLocalStorage } from '@temporalio/activity';
import { errorCode } from './error-code.ts';

/**
 * Aborted when the try that runs is over for Temporal: cancelled, timed out, or its worker shuts down. What goes on after that
 * runs beside the next try. None outside of an activity.
 */
export function cancellation(): { readonly signal?: AbortSignal } {
  const signal = asyncLocalStorage.getStore()?.cancellationSignal;
  return signal === undefined ? {} : { signal };
}

/** The work stopped because its try is over, and not of a fault of its own. */
export function isStopped(error: unknown): boolean {
  return errorCode(error) === 'ABORT_ERR' && cancellation().signal?.aborted === true;
}
