import { sql } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { fromNow, type Db } from '../database.ts';
import type { AttemptsRepository } from '../types.ts';

async function leaseLaunch(...[db, id, holder, forMs]: [Db, ...Parameters<AttemptsRepository['leaseLaunch']>]) {
  const isFree = sql<boolean>`(launched_by is null or launched_by = ${holder} or launch_lease_until <= clock_timestamp())`;
  const taken = await db
    .updateTable('attempts')
    .set({ launchedBy: holder, launchLeaseUntil: fromNow(forMs) })
    .where('id', '=', id)
    .where(isFree)
    .returning('id')
    .executeTakeFirst();
  if (taken !== undefined) return null;
  const left = sql<number | null>`(extract(epoch from launch_lease_until - clock_timestamp()) * 1000)::float8`;
  const other = await db.selectFrom('attempts').select(left.as('leftMs')).where('id', '=', id).executeTakeFirst();
  if (other === undefined) throw new ArtenicError('not-found', `There is no attempt ${id}.`);
  return Math.max(0, Math.ceil(other.leftMs ?? 0));
}

/** Only one holder at a time may launch an attempt. */
export function createLaunchLeases(
  db: Db,
): Pick<AttemptsRepository, 'leaseLaunch' | 'renewLaunchLease' | 'endLaunchLease'> {
  const ofHolder = (id: string, holder: string) =>
    db.updateTable('attempts').where('id', '=', id).where('launchedBy', '=', holder);
  return {
    leaseLaunch: (id, holder, forMs) => leaseLaunch(db, id, holder, forMs),
    renewLaunchLease: async (id, holder, forMs) => {
      await ofHolder(id, holder)
        .set({ launchLeaseUntil: fromNow(forMs) })
        .execute();
    },
    endLaunchLease: async (id, holder) => {
      await ofHolder(id, holder).set({ launchedBy: null, launchLeaseUntil: null }).execute();
    },
  };
}
