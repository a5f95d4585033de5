import { errorTable, type ErrorType } from '../errors.ts';
import { isRefusal } from './blocking.ts';
import type { RefusalKind } from './types.ts';

/** What the provider may give later is told from what it will never give: by the type of the error that ended a launch. */
export function endingOfLaunchError(type: string): RefusalKind | 'launch-failed' {
  if (type === 'stockout' || type === 'quota') return type;
  if (type === 'auth') return 'unauthorized';
  const isPassing = Object.hasOwn(errorTable, type) && errorTable[type as ErrorType].retryable;
  return isPassing ? 'unavailable' : 'launch-failed';
}

/** Null for what is no refusal. */
export function refusalKindOf(type: string): RefusalKind | null {
  const kind = endingOfLaunchError(type);
  return isRefusal(kind) ? kind : null;
}

/** An error type that makes this kind again. */
export function errorTypeOf(kind: RefusalKind): ErrorType {
  return kind === 'unauthorized' ? 'auth' : kind;
}
