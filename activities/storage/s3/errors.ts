import { ownValue } from '@artenic/core';
import { ArtenicError, isArtenicError, messageOf, type ErrorType } from '../../../core/errors.ts';
import { errorCode } from '../../error-code.ts';
import { isNeverSent } from '../never-sent.ts';

type StorageFault = Extract<
  ErrorType,
  | 'not-found'
  | 'conflict'
  | 'validation-failed'
  | 'payload-too-large'
  | 'rate-limited'
  | 'invalid-request'
  | 'unavailable'
>;

/**
 * Codes of S3 (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) and of compatible servers. Faults that an
 * operator can fix (credentials, bucket, quota) are `unavailable`, so that jobs wait for the fix instead of failing.
 */
const typeByCode: Readonly<Record<string, StorageFault>> = {
  NoSuchKey: 'not-found',
  NotFound: 'not-found',
  NoSuchUpload: 'not-found',
  NoSuchVersion: 'not-found',

  PreconditionFailed: 'conflict',
  ConditionalRequestConflict: 'conflict',
  OperationAborted: 'conflict',
  InvalidObjectState: 'conflict',
  // servers that keep objects as files
  ObjectParentIsFile: 'conflict',
  DirectoryObjectContainsData: 'conflict',
  ExistingObjectIsDirectory: 'conflict',

  BadDigest: 'validation-failed',
  InvalidDigest: 'validation-failed',
  XAmzContentChecksumMismatch: 'validation-failed',
  XAmzContentSHA256Mismatch: 'validation-failed',
  KeyTooLongError: 'validation-failed',

  EntityTooLarge: 'payload-too-large',
  MaxMessageLengthExceeded: 'payload-too-large',

  SlowDown: 'rate-limited',
  Throttling: 'rate-limited',
  ThrottlingException: 'rate-limited',
  RequestLimitExceeded: 'rate-limited',
  TooManyRequests: 'rate-limited',

  AccessDenied: 'unavailable',
  AllAccessDisabled: 'unavailable',
  AccountProblem: 'unavailable',
  CredentialsProviderError: 'unavailable',
  ExpiredToken: 'unavailable',
  InvalidAccessKeyId: 'unavailable',
  InvalidSecurity: 'unavailable',
  InvalidToken: 'unavailable',
  NotSignedUp: 'unavailable',
  RequestTimeTooSkewed: 'unavailable',
  SignatureDoesNotMatch: 'unavailable',
  TokenRefreshRequired: 'unavailable',
  TokenProviderError: 'unavailable',
  AuthorizationHeaderMalformed: 'unavailable',
  PermanentRedirect: 'unavailable',
  TemporaryRedirect: 'unavailable',
  NoSuchBucket: 'unavailable',
  QuotaExceeded: 'unavailable',
  XMinioStorageFull: 'unavailable',
  IncompleteBody: 'unavailable',
  InternalError: 'unavailable',
  RequestTimeout: 'unavailable',
  ServiceUnavailable: 'unavailable',
};

/** The answer's status, which the SDK adds to its errors; undefined if there was no answer. */
function statusOf(error: object): number | undefined {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** The error's code from S3 or the operating system. */
function codeOf(error: object): string {
  return errorCode(error) ?? ('name' in error ? String(error.name) : 'Error');
}

export function isS3Code(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && codeOf(error) === code;
}

function typeOfStatus(status: number): StorageFault {
  if (status === 404) return 'not-found';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 413) return 'payload-too-large';
  if (status === 429) return 'rate-limited';
  // redirects and refusals: region, bucket policy or credentials
  if (status === 301 || status === 307 || status === 401 || status === 403) return 'unavailable';
  return status >= 400 && status < 500 ? 'invalid-request' : 'unavailable';
}

/** Converts errors of S3 and of the connection to platform errors. `effect` tells whether the call may change data. */
export function toS3Error(error: unknown, key: string, effect: 'reads' | 'writes'): unknown {
  if (typeof error !== 'object' || error === null || isArtenicError(error)) return error;
  const code = codeOf(error);
  const status = statusOf(error);
  const known = ownValue(typeByCode, code) ?? (status === undefined || status < 300 ? null : typeOfStatus(status));
  const what = JSON.stringify(key);
  if (known === 'not-found') return new ArtenicError('not-found', `There is no object ${what}.`, { cause: error });
  if (known !== null) {
    return new ArtenicError(known, `The storage answers ${code} for the object ${what}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  // a programming error, which no retry can fix
  if (status === undefined && (error instanceof TypeError || error instanceof RangeError)) return error;
  if (effect === 'reads' || isNeverSent(code)) {
    return new ArtenicError('unavailable', `The storage cannot be reached for the object ${what} (${code}).`, {
      cause: error,
    });
  }
  const message = `The storage's answer for the object ${what} was lost (${code}).`;
  return new ArtenicError('unknown-outcome', message, { cause: error });
}
