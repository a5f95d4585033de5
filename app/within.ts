import type { Repositories } from '../store/types.ts';

/**
 * A caller's own part of a use case's transaction, made of the row that the use case has written: the API stores the answer
 * under the request's idempotency key. Both are committed, or neither is.
 */
export type Within<Made, Result> = (repositories: Repositories, made: Made) => Promise<Result>;

/** For a caller that adds nothing. */
export async function nothingMore<Made>(_repositories: Repositories, made: Made): Promise<Made> {
  return made;
}
