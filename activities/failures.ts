import { asyncLocalStorage } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure, TemporalFailure } from '@temporalio/common';
import { ArtenicError, errorTable, messageOf } from '../core/errors.ts';
import { maskCredentials } from '../core/secrets.ts';
import { isStopped } from './cancellation.ts';
import { withHeartbeats } from './heartbeats.ts';

/**
 * An unexpected error may be temporary, and the server's retry then cures it; after this many tries it is a bug of the
 * platform.
 */
const maxTriesOfTheUnexpected = 10;
/** Histories keep every failure, so a message must not contain a whole file or page. */
const maxMessageLength = 2000;

// oxlint-disable-next-line typescript/no-explicit-any -- any activity's signature fits here
type AnyActivities = Readonly<Record<string, (...args: any[]) => Promise<unknown>>>;

/**
 * The same activities, with heartbeats, and with errors as failures that Temporal's server understands: type, whether
 * to retry, and when.
 */
export function withFailures<Activities extends AnyActivities>(activities: Activities): Activities {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]): Promise<unknown> => {
      try {
        return await withHeartbeats(() => activity(...args));
      } catch (error) {
        throw toFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Activities;
}

/** Failures of Temporal itself (such as a cancellation) stay unchanged. */
export function toFailure(error: unknown): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  if (isStopped(error)) return new CancelledFailure('This try has ended.');
  return error instanceof ArtenicError ? expected(error) : unexpected(error);
}

/** The first pause after a refusal; pauses grow with the time since the step was scheduled. */
const refusalPauseMs = { least: 2000, share: 2 };

/**
 * For a step that must not be given up: Temporal's server retries an error that no retry cures by itself (expired
 * credentials, an unknown state) until an operator has repaired the cause. The retries cost no history event.
 * @param mostPauseMs longest pause between two tries
 */
export function retriedWhenRefused<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  mostPauseMs: number,
): (input: Input) => Promise<Result> {
  return async (input) => {
    try {
      return await activity(input);
    } catch (error) {
      const failure = toFailure(error);
      if (!(failure instanceof ApplicationFailure) || failure.nonRetryable !== true) throw failure;
      const { type, message } = failure;
      throw ApplicationFailure.create({
        ...(type == null ? {} : { type }),
        message,
        nonRetryable: false,
        nextRetryDelay: refusalPause(mostPauseMs),
      });
    }
  };
}

function refusalPause(mostMs: number): number {
  const scheduledMs = asyncLocalStorage.getStore()?.info.scheduledTimestampMs ?? Date.now();
  const { least, share } = refusalPauseMs;
  return Math.round(Math.min(mostMs, Math.max(least, (Date.now() - scheduledMs) / share)));
}

function expected(error: ArtenicError): ApplicationFailure {
  const { retryAfterMs } = error.details;
  return ApplicationFailure.create({
    type: error.type,
    message: readable(error.message),
    nonRetryable: !errorTable[error.type].retryable,
    // waiting is no error: no metric and no warning
    ...(error.type === 'not-ready' ? { category: ApplicationFailureCategory.BENIGN } : {}),
    // Temporal's server reads a delay of zero as "never again"; without a delay the activity's own interval applies
    ...(retryAfterMs === undefined || retryAfterMs <= 0 ? {} : { nextRetryDelay: retryAfterMs }),
  });
}

/** Without `cause`, which would carry the raw message and stack into the history. */
function unexpected(error: unknown): ApplicationFailure {
  const tries = asyncLocalStorage.getStore()?.info.attempt ?? 1;
  const failure = ApplicationFailure.create({
    type: 'internal',
    message: readable(`${error instanceof Error ? error.name : 'Error'}: ${messageOf(error)}`),
    nonRetryable: tries >= maxTriesOfTheUnexpected,
  });
  if (error instanceof Error && error.stack !== undefined) failure.stack = readable(error.stack);
  return failure;
}

function readable(text: string): string {
  const masked = maskCredentials(text);
  return masked.length <= maxMessageLength ? masked : `${masked.slice(0, maxMessageLength)}…`;
}
