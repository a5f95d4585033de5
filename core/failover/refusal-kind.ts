import { errorTable, type ErrorType } from '../errors.ts';
import { isRefusal } from './blocking.ts';
import type { RefusalKind } from './types.ts';

/**
 * Maps the error type that ended a launch: a refusal if the provider may grant the offer later, else `launch-failed`.
 */
export function endingOfLaunchError(type: string): RefusalKind | 'launch-failed' {
  if (type === 'stockout' || type === 'quota') return type;
  if (type === 'auth') return 'unauthorized';
  const isPassing = Object.hasOwn(errorTable, type) && errorTable[type as ErrorType].retryable;
  return isPassing ? 'unavailable' : 'launch-failed';
}

/** Null for an error that is no refusal. */
export function refusalKindOf(type: string): RefusalKind | null {
  const kind = endingOfLaunchError(type);
  return isRefusal(kind) ? kind : null;
}

/** An error type that maps to this kind. */
export function errorTypeOf(kind: RefusalKind): ErrorType {
  return kind === 'unauthorized' ? 'auth' : kind;
}
