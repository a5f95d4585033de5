import { sql } from 'kysely';
import type { Db } from '../database.ts';
import type { AttemptsRepository } from '../types.ts';

const columns = [
  'id',
  'jobId',
  'offer',
  'handle',
  'launchedAt',
  'instanceSince',
  'helloAt',
  'lastHeartbeatAt',
] as const;
const lastSign = sql<Date>`coalesce(greatest(last_heartbeat_at, instance_since), launched_at)`;

/** The doctor's queries for silent machines, and for machines that cannot be ended. */
export function createSilence(db: Db): Pick<AttemptsRepository, 'silent' | 'mute' | 'ending'> {
  return {
    silent: (since, limit) =>
      db
        .selectFrom('attempts')
        .select(columns)
        .where('endedAt', 'is', null)
        .where('handle', 'is not', null)
        .where('runnerOverAt', 'is', null)
        // the platform has acted: the instance is being ended
        .where('terminateTriedAt', 'is', null)
        .where(lastSign, '<', since)
        .orderBy(lastSign)
        .limit(limit)
        .execute(),
    ending: (since, limit) =>
      db
        .selectFrom('attempts')
        .select(['id', 'jobId', 'offer', 'handle', 'terminateRefusedAt', 'terminateRefusals', 'terminateError'])
        .where('terminateRefusedAt', '<', since)
        .where('endedAt', 'is', null)
        .where('unlistedAt', 'is', null)
        .orderBy('terminateRefusedAt')
        .limit(limit)
        .execute(),
    mute: async (since) => {
      const { rows } = await sql<{ provider: string; count: number }>`
        select offer ->> 'provider' as provider, count(*)::int as count from attempts
        where ended_at > ${since} and ending ->> 'evidence' = 'never-spoke' group by 1`.execute(db);
      return new Map(rows.map(({ provider, count }) => [provider, count]));
    },
  };
}
