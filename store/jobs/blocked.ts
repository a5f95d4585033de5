import { sql } from 'kysely';
import type { Db } from '../database.ts';
import type { JobsRepository } from '../types.ts';

/** Most open jobs that are counted: above it the exact number changes nothing for a reader. */
const mostCounted = 10_000;

/** Counts of jobs that something blocks, for the doctor. Both use the index of open jobs. */
export function createBlocked(db: Db): Pick<JobsRepository, 'blockedByProvider' | 'untaken'> {
  return {
    blockedByProvider: async () => {
      const { rows } = await sql<{ provider: string; jobs: number }>`
        with blocked as (
          select spec -> 'placement' -> 'providers' as providers from jobs
          where finished_at is null and state in ('waiting', 'recovering', 'provisioning') limit ${mostCounted}
        )
        select provider, count(*)::int as jobs
        from blocked cross join lateral jsonb_array_elements_text(blocked.providers) as provider group by 1`.execute(
        db,
      );
      return new Map(rows.map(({ provider, jobs }) => [provider, jobs]));
    },
    untaken: async (olderThan) => {
      const { rows } = await sql<{ jobs: number; since: Date | null }>`
        select count(*)::int as jobs, min(created_at) as since from (
          select created_at from jobs where finished_at is null and state = 'queued' and created_at < ${olderThan}
          order by created_at limit ${mostCounted}
        ) queued`.execute(db);
      return rows[0] ?? { jobs: 0, since: null };
    },
  };
}
