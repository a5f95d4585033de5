import { ArtenicError, type ErrorType } from '../../core/errors.ts';
import { HostDied } from './process.ts';

export function closing(): ArtenicError {
  return new ArtenicError('unavailable', 'The model host is shutting down.');
}

export function shown(error: Error): Error {
  return error instanceof HostDied
    ? new ArtenicError('unavailable', `No answer: ${error.message}.`, { cause: error })
    : error;
}

const theirFaults: ReadonlySet<ErrorType> = new Set(['validation-failed', 'deadline-exceeded', 'payload-too-large']);

/**
 * True for errors that a single request can cause; a wrong model or a machine without memory affects the whole batch.
 */
export function isCallerFault(error: unknown): error is Error {
  return error instanceof HostDied || (error instanceof ArtenicError && theirFaults.has(error.type));
}
