import { asyncLocalStorage } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure, TemporalFailure } from '@temporalio/common';
import { ArtenicError, errorTable, messageOf } from '../core/errors.ts';
import { maskCredentials } from '../core/secrets.ts';
import { isStopped } from './cancellation.ts';
import { withHeartbeats } from './heartbeats.ts';

/** A fault that nobody foresaw may pass (then the server's retry cures it); after so many tries it is a bug of ours. */
const maxTriesOfTheUnexpected = 10;
/** Histories keep every failure: no dump of a file or a page in there. */
const maxMessageLength = 2000;

// oxlint-disable-next-line typescript/no-explicit-any -- any activity's signature fits here
type AnyActivities = Readonly<Record<string, (...args: any[]) => Promise<unknown>>>;

/** The same activities, which tell that they are at work, and whose errors are failures that Temporal's server understands: type, retry or not, when. */
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

/** Failures of Temporal's own (a cancellation, for one) stay as they are. */
export function toFailure(error: unknown): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  if (isStopped(error)) return new CancelledFailure('This try is over.');
  return error instanceof ArtenicError ? expected(error) : unexpected(error);
}

/** The first pause after a refusal; it grows with the time since the step was scheduled. */
const refusalPauseMs = { least: 2000, share: 2 };

/**
 * For a step that must not be given up: a refusal that no retry cures by itself (credentials that ran out, a state that we do
 * not know) is tried again by Temporal's server, however long it takes until a person has put it right. That costs no event.
 * @param mostPauseMs between two tries.
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
    // waiting is no fault: neither a metric nor a warning
    ...(error.type === 'not-ready' ? { category: ApplicationFailureCategory.BENIGN } : {}),
    // Temporal's server takes a delay of zero for "never again"; without one the activity's own interval holds
    ...(retryAfterMs === undefined || retryAfterMs <= 0 ? {} : { nextRetryDelay: retryAfterMs }),
  });
}

/** Without `cause`: it would carry the raw message and stack into the history. */
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
