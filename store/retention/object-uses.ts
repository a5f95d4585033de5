import { sql, type RawBuilder } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import type { Db } from '../database.ts';
import type { ObjectUsesRepository } from '../types.ts';

/**
 * An object is needed by jobs and datasets that refer to it, by model versions that contain it, and by the profile that
 * made it as a copy.
 */
const isNeeded: RawBuilder<boolean> = sql`(
  exists (select from object_refs where object_refs.key = object_uses.key)
  or exists (select from model_versions where 'models/' || model_versions.sha256 = object_uses.key)
  or exists (select from content_profiles where content_profiles.copy_key = object_uses.key)
  or exists (
    select from dataset_contents
    where starts_with(object_uses.key, 'data/') and sha256 = substr(object_uses.key, 6) and purged_at is null
  )
)`;
/** A client may request an object that is being deleted again after this time. */
const retryAfterMs = 5000;

async function touch(db: Db, key: string, at: Date): Promise<void> {
  const touched = await sql`
    insert into object_uses (key, used_at) values (${key}, ${at})
    on conflict (key) do update set used_at = greatest(object_uses.used_at, excluded.used_at)
      where object_uses.removing_at is null`.execute(db);
  if (Number(touched.numAffectedRows ?? 0) > 0) return;
  throw new ArtenicError('not-ready', `The object ${key} is just being deleted: ask again, and store it again.`, {
    retryAfterMs,
  });
}

export function createObjectUses(db: Db): ObjectUsesRepository {
  return {
    touch: (key, at) => touch(db, key, at),
    noteStored: async (key, bytes) => {
      await sql`
        update object_uses set bytes = ${bytes}
        where key = ${key} and removing_at is null and bytes is distinct from ${bytes}`.execute(db);
    },
    take: async (keys, at) => {
      await sql`
        insert into object_uses (key, used_at) select key, ${at} from unnest(${keys}::text[]) as key
        on conflict (key) do nothing`.execute(db);
    },
    needless: async (before, limit) => {
      const { rows } = await sql<{ key: string }>`
        select key from object_uses
        where removing_at is not null or (used_at < ${before} and not ${isNeeded})
        order by removing_at nulls last, used_at, key limit ${limit}`.execute(db);
      return rows.map(({ key }) => key);
    },
    condemn: async (key, before, at) => {
      const condemned = await sql`
        update object_uses set removing_at = coalesce(removing_at, ${at})
        where key = ${key} and (removing_at is not null or (used_at < ${before} and not ${isNeeded}))`.execute(db);
      return Number(condemned.numAffectedRows ?? 0) > 0;
    },
    forget: async (key) => {
      await db.deleteFrom('object_uses').where('key', '=', key).where('removingAt', 'is not', null).execute();
    },
  };
}
