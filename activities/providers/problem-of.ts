import { errorTable, type ArtenicError } from '../../core/errors.ts';
import type { ProviderProblem } from '@artenic/core';

/** What a failed check says to the person who has to put it right. */
export function problemOf({ type }: ArtenicError): ProviderProblem {
  if (type === 'auth') return 'credentials';
  if (type === 'quota') return 'quota';
  return errorTable[type].retryable ? 'unreachable' : 'refused';
}
