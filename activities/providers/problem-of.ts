import { errorTable, type ArtenicError } from '../../core/errors.ts';
import type { ProviderProblem } from '@artenic/core';

/** Maps a failed check's error to the problem that the operator has to solve. */
export function problemOf({ type }: ArtenicError): ProviderProblem {
  if (type === 'auth') return 'credentials';
  if (type === 'quota') return 'quota';
  return errorTable[type].retryable ? 'unreachable' : 'refused';
}
