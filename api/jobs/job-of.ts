import { findJob } from '../../app/jobs/find.ts';
import type { JobRecord } from '../../store/types.ts';
import type { Context } from '../http/route.ts';

/** The caller's job. Jobs of other projects answer 404. */
export function jobOf(
  { deps, principal }: Pick<Context<unknown, unknown, unknown>, 'deps' | 'principal'>,
  id: string,
): Promise<JobRecord> {
  return findJob(deps.store, principal(), id);
}
