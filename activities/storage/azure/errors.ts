import { ownValue } from '@artenic/core';
import { ArtenicError, isArtenicError, messageOf, type ErrorType } from '../../../core/errors.ts';
import { isNeverSent } from '../never-sent.ts';

/**
 * Codes of Azure Blob Storage (learn.microsoft.com/rest/api/storageservices/blob-service-error-codes). Faults that an
 * operator can fix are `unavailable`, so that jobs wait for the fix instead of failing.
 */
const typeByCode: Readonly<Record<string, ErrorType>> = {
  BlobNotFound: 'not-found',
  ContainerNotFound: 'unavailable',
  ContainerBeingDeleted: 'unavailable',
  ContainerDisabled: 'unavailable',
  Md5Mismatch: 'validation-failed',
  InvalidMd5: 'validation-failed',
  RequestBodyTooLarge: 'payload-too-large',
  ServerBusy: 'rate-limited',
  OperationTimedOut: 'unavailable',
};

/** The code of an error with an answer, or of a connection's error. */
export function azureCodeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function statusOf(error: object): number | null {
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : null;
}

/** The key has no object; a container that does not exist has the same status. */
export function isNoBlob(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    statusOf(error) === 404 &&
    !azureCodeOf(error).startsWith('Container')
  );
}

/** The key has an object already. */
export function isTaken(error: unknown): boolean {
  return ['BlobAlreadyExists', 'ConditionNotMet'].includes(azureCodeOf(error));
}

function typeOfStatus(status: number): ErrorType {
  if (status === 404) return 'not-found';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 413) return 'payload-too-large';
  if (status === 429) return 'rate-limited';
  if (status === 401 || status === 403 || status < 400) return 'unavailable';
  return status < 500 ? 'invalid-request' : 'unavailable';
}

/** Converts errors of the storage and of the connection to platform errors. */
export function toAzureError(error: unknown, key: string, effect: 'reads' | 'writes'): unknown {
  if (typeof error !== 'object' || error === null || isArtenicError(error)) return error;
  const what = JSON.stringify(key);
  const code = azureCodeOf(error);
  const status = statusOf(error);
  if (status !== null) {
    const type = ownValue(typeByCode, code) ?? typeOfStatus(status);
    if (type === 'not-found') return new ArtenicError(type, `There is no object ${what}.`, { cause: error });
    const answer = code === '' ? String(status) : code;
    const message = messageOf(error).split('\n')[0] ?? '';
    return new ArtenicError(type, `The storage answers ${answer} for the object ${what}: ${message}`, { cause: error });
  }
  // a programming error, which no retry can fix
  if (error instanceof TypeError || error instanceof RangeError) return error;
  if (effect === 'reads' || isNeverSent(code)) {
    return new ArtenicError('unavailable', `The storage cannot be reached for the object ${what} (${code}).`, {
      cause: error,
    });
  }
  const message = `The storage's answer for the object ${what} was lost (${code}).`;
  return new ArtenicError('unknown-outcome', message, { cause: error });
}
