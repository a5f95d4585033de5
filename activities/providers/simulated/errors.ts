import { ownValue } from '@artenic/core';
import { ArtenicError, messageOf, type ErrorType } from '../../../core/errors.ts';
import { errorCode } from '../../error-code.ts';

/** A failed request's result. */
export type Failure =
  /** The cloud answered with an error. */
  | {
      readonly kind: 'refusal';
      readonly status: number;
      readonly code: string;
      readonly message: string;
      readonly retryAfterMs: number | null;
    }
  /** An answer that is not the cloud's, such as a proxy's page, or one that is cut off. */
  | { readonly kind: 'unreadable'; readonly status: number }
  /** No answer. */
  | { readonly kind: 'silence'; readonly cause: unknown };

const codes: Readonly<Record<string, ErrorType>> = {
  InsufficientCapacity: 'stockout',
  QuotaExceeded: 'quota',
  InvalidKey: 'auth',
  ExpiredToken: 'auth',
  Throttled: 'rate-limited',
  InvalidParameter: 'invalid-request',
  NotFound: 'not-found',
  NameTaken: 'conflict',
};

/** Codes of connections that were never made, so the cloud cannot have received the request. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Converts a failure of the cloud to a platform error. With `mayHaveActed`, the request makes a change that must not be
 * requested twice, so without a clear answer its outcome is unknown.
 */
export function errorOf(failure: Failure, what: string, mayHaveActed: boolean): ArtenicError {
  const uncertain: ErrorType = mayHaveActed ? 'unknown-outcome' : 'transient';
  switch (failure.kind) {
    case 'refusal': {
      const { status, code, message, retryAfterMs } = failure;
      const type = ownValue(codes, code) ?? typeByStatus(status, uncertain);
      return new ArtenicError(type, `The simulated cloud refuses to ${what} (${code}): ${message}`, {
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
      });
    }
    case 'unreadable':
      return new ArtenicError(
        uncertain,
        `The response to the request to ${what} is not the simulated cloud's (HTTP ${failure.status}).`,
      );
    case 'silence': {
      const cause = failure.cause instanceof Error ? (failure.cause.cause ?? failure.cause) : failure.cause;
      const type = neverSent.has(errorCode(cause) ?? '') ? 'transient' : uncertain;
      return new ArtenicError(type, `No answer to the request to ${what}: ${messageOf(cause)}`, {
        cause: failure.cause,
      });
    }
    default:
      return failure satisfies never;
  }
}

/** Error type for a code that the documentation does not name. */
function typeByStatus(status: number, uncertain: ErrorType): ErrorType {
  if (status === 429) return 'rate-limited';
  if (status === 401 || status === 403) return 'auth';
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  return status >= 500 ? uncertain : 'invalid-request';
}
