import { ownValue } from '@artenic/core';
import { ArtenicError, messageOf, type ErrorType } from '../core/errors.ts';

/** Error codes of Node and `pg` for a server that is gone, cannot be found or does not answer. */
const connectionCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN'],
]);
/** Connection errors of `pg` that have no code. */
const connectionMessages =
  /^(Connection terminated|Connection ended|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|driver has already been destroyed)/;

/** Looked up by SQLSTATE, then by its class (the first two characters). */
const typeByState: Readonly<Record<string, ErrorType>> = {
  '23505': 'conflict',
  '23503': 'not-found',
  '40001': 'transient',
  '40P01': 'transient',
  '55P03': 'transient',
  '57014': 'deadline-exceeded',
  '25P03': 'deadline-exceeded',
  // A text that is too long for an index.
  '54000': 'validation-failed',
};
const typeByClass: Readonly<Record<string, ErrorType>> = {
  '08': 'unavailable',
  // Data that does not fit its column: a NUL character, a lone surrogate, a number out of range.
  '22': 'validation-failed',
  '23': 'validation-failed',
  // Wrong password, or no such database: the caller cannot repair this.
  '28': 'unavailable',
  '3D': 'unavailable',
  // Out of disk, memory or connections.
  '53': 'unavailable',
  // Shutting down, starting up, crashed.
  '57': 'unavailable',
  '58': 'unavailable',
};

const explanations: Readonly<Partial<Record<ErrorType, string>>> = {
  unavailable: 'PostgreSQL is not reachable',
  conflict: 'It exists already',
  'not-found': 'What it refers to does not exist',
  transient: 'PostgreSQL gave up one of two transactions that met; trying again helps',
  'deadline-exceeded': 'PostgreSQL did not finish in time',
  'validation-failed': 'PostgreSQL refuses a value',
};

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

function typeOf(error: unknown): ErrorType | null {
  const code = codeOf(error);
  if (code !== null && connectionCodes.has(code)) return 'unavailable';
  if (code !== null && /^[0-9A-Z]{5}$/.test(code))
    return ownValue(typeByState, code) ?? ownValue(typeByClass, code.slice(0, 2)) ?? 'internal';
  return connectionMessages.test(messageOf(error)) ? 'unavailable' : null;
}

/**
 * Maps database errors to `ArtenicError`s; every other error (including those of a transaction's work) stays unchanged.
 */
export function toStoreError(error: unknown): unknown {
  if (error instanceof ArtenicError) return error;
  const type = typeOf(error);
  if (type === null) return error;
  return new ArtenicError(type, `${explanations[type] ?? 'PostgreSQL reports a fault'}: ${messageOf(error)}`, {
    cause: error,
  });
}
