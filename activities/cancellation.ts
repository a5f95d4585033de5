import { asyncLocalStorage } from '@temporalio/activity';
import { errorCode } from './error-code.ts';

/**
 * Signal that aborts when the current try is over for Temporal: cancelled, timed out, or its worker shuts down. Work
 * that continues after that runs beside the next try. No signal outside of an activity.
 */
export function cancellation(): { readonly signal?: AbortSignal } {
  const signal = asyncLocalStorage.getStore()?.cancellationSignal;
  return signal === undefined ? {} : { signal };
}

/** Whether the work stopped because its try is over, and not because of an error of its own. */
export function isStopped(error: unknown): boolean {
  return errorCode(error) === 'ABORT_ERR' && cancellation().signal?.aborted === true;
}
