import { sql, type RawBuilder, type Selectable } from 'kysely';
import { inTransaction, json, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type { ProfileRun, ProfilesRepository, StoredProfile } from '../types.ts';

/** Raise it when profiles get other contents: every version that is profiled next makes them anew. */
export const profileRevision = 1;

const isUnreferenced: RawBuilder<boolean> = sql`not exists (
  select from dataset_contents
  where dataset_contents.sha256 = content_profiles.sha256 and dataset_contents.purged_at is null
)`;

function toRun({ datasetId, version, ...rest }: Selectable<Database['dataset_profiles']>): ProfileRun {
  const { revision, requestedAt, startedAt, finishedAt, profiled, failed, skipped } = rest;
  return { datasetId, version, revision, requestedAt, startedAt, finishedAt, profiled, failed, skipped };
}

/** Orders the profiling of a version, in the transaction that makes the version. The relay starts it. */
export async function requestProfiles(db: Db, datasetId: string, version: number, at: Date): Promise<void> {
  await db
    .insertInto('dataset_profiles')
    .values({ datasetId, version, revision: profileRevision, requestedAt: at, startedAt: null, finishedAt: null })
    .execute();
}

/** Removes profiles of contents that no dataset has. Their copies go in the collector's next round. */
async function drop(db: Db, which: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ copyKey: string | null }>`
    delete from content_profiles where ${which} and ${isUnreferenced} returning copy_key`.execute(db);
  const keys = rows.flatMap(({ copyKey }) => (copyKey === null ? [] : [copyKey]));
  if (keys.length > 0)
    await sql`
      update object_uses set used_at = '-infinity' where key in (
        select key from object_uses where key = any (${keys}) order by key for no key update
      )`.execute(db);
  return rows.length;
}

/** Removes what profiles show of a purged content, unless another dataset has it. */
export async function purgeProfiles(db: Db, sha256: string): Promise<void> {
  await drop(db, sql`sha256 = ${sha256}`);
}

async function ofContents(db: Db, keys: Parameters<ProfilesRepository['ofContents']>[0]) {
  if (keys.length === 0) return [];
  const { rows } = await sql<{
    sha256: string;
    format: string;
    profile: StoredProfile['profile'];
    copyKey: string | null;
    copyBytes: bigint | null;
  }>`
    select content_profiles.sha256, content_profiles.format, profile, copy_key, copy_bytes from content_profiles
    join unnest(${keys.map(({ sha256 }) => sha256)}::text[], ${keys.map(({ format }) => format)}::text[])
      as wanted (sha256, format)
      on wanted.sha256 = content_profiles.sha256 and wanted.format = content_profiles.format
    where revision = ${profileRevision}`.execute(db);
  return rows.map(({ sha256, format, profile, copyKey, copyBytes }): StoredProfile => {
    const copy = copyKey === null ? null : { key: copyKey, bytes: Number(copyBytes ?? 0) };
    return { sha256, format, profile, copy };
  });
}

export function createProfiles(db: Db): ProfilesRepository {
  return {
    ofContents: (keys) => ofContents(db, keys),
    save: async ({ sha256, format, profile, copy }, at) => {
      const values = {
        ...{ sha256, format, revision: profileRevision, profile: json(profile), createdAt: at },
        ...{ copyKey: copy?.key ?? null, copyBytes: copy === null ? null : BigInt(copy.bytes) },
      };
      await db
        .insertInto('content_profiles')
        .values(values)
        .onConflict((conflict) =>
          conflict
            .columns(['sha256', 'format'])
            .doUpdateSet(values)
            .where('content_profiles.revision', '<', profileRevision),
        )
        .execute();
    },
    run: async (datasetId, version) => {
      const row = await db
        .selectFrom('dataset_profiles')
        .selectAll()
        .where('datasetId', '=', datasetId)
        .where('version', '=', version)
        .executeTakeFirst();
      return row === undefined ? null : toRun(row);
    },
    open: async ({ startedBefore, limit }) => {
      const rows = await db
        .selectFrom('dataset_profiles')
        .selectAll()
        .where('finishedAt', 'is', null)
        .where((where) => where.or([where('startedAt', 'is', null), where('startedAt', '<', startedBefore)]))
        .where((where) =>
          where.exists(
            where
              .selectFrom('datasets')
              .select('datasets.id')
              .whereRef('datasets.id', '=', 'dataset_profiles.datasetId')
              .where('datasets.deletedAt', 'is', null),
          ),
        )
        .orderBy('requestedAt')
        .limit(limit)
        .execute();
      return rows.map(toRun);
    },
    markStarted: async (datasetId, version, at) => {
      await db
        .updateTable('dataset_profiles')
        .set({ startedAt: at })
        .where('datasetId', '=', datasetId)
        .where('version', '=', version)
        .execute();
    },
    finish: async (datasetId, version, counts, at) => {
      await db
        .updateTable('dataset_profiles')
        .set({ ...counts, finishedAt: at })
        .where('datasetId', '=', datasetId)
        .where('version', '=', version)
        .execute();
    },
    dropUnreferenced: (limit) =>
      inTransaction(db, (transaction) =>
        drop(
          transaction,
          sql`(sha256, format) in (select sha256, format from content_profiles where ${isUnreferenced} limit ${limit})`,
        ),
      ),
    countUnreferenced: async () => {
      const { rows } = await sql<{ rows: bigint }>`
        select count(*) as rows from content_profiles where ${isUnreferenced}`.execute(db);
      return Number(rows[0]?.rows ?? 0);
    },
  };
}
