import type { Repositories } from '../store/types.ts';

/**
 * A caller's own part of a use case's transaction, based on the row that the use case has written: the API stores the
 * answer under the request's idempotency key. Both parts commit or roll back together.
 */
export type Within<Made, Result> = (repositories: Repositories, made: Made) => Promise<Result>;

/** For a caller without its own part. */
export async function nothingMore<Made>(_repositories: Repositories, made: Made): Promise<Made> {
  return made;
}
