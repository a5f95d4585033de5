import { findJob } from '../../app/jobs/find.ts';
import type { JobRecord } from '../../store/types.ts';
import type { Context } from '../http/route.ts';

/** The caller's job; another project's is not there for them. */
export function jobOf(
  { deps, principal }: Pick<Context<unknown, unknown, unknown>, 'deps' | 'principal'>,
  id: string,
): Promise<JobRecord> {
  return findJob(deps.store, principal(), id);
}
