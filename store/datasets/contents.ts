import { sql } from 'kysely';
import type { PutFile } from '../../core/datasets/changes.ts';
import { ArtenicError, type InputError } from '../../core/errors.ts';
import { inTransaction, type Db } from '../database.ts';
import type { DatasetsRepository } from '../types.ts';
import { appendAudit } from '../audit/repository.ts';
import { purgeProfiles } from '../profiles/repository.ts';

const mostFaults = 20;
/** Paths that are kept of one content; an empty file may be at very many. */
export const mostPaths = 100;

/** Sizes of the given contents that are stored and are not being deleted; the lookup counts as a use of the object. */
async function useStored(db: Db, sha256s: readonly string[], at: Date): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ sha256: string; bytes: bigint }>`
    update object_uses set used_at = greatest(used_at, ${at})
    where key in (
      select key from object_uses
      where key = any (${sha256s.map((sha256) => `data/${sha256}`)}) and bytes is not null and removing_at is null
      order by key for no key update
    )
    returning substr(key, 6) as sha256, bytes`.execute(db);
  return new Map(rows.map(({ sha256, bytes }) => [sha256, Number(bytes)]));
}

type Known = {
  readonly sha256: string;
  readonly bytes: bigint;
  readonly purgedAt: Date | null;
  readonly paths: readonly string[];
};

function faultOf({ sha256, bytes }: PutFile, known: Known | undefined, stored: number | undefined): string | null {
  if (known !== undefined && known.purgedAt !== null)
    return `the content ${sha256} was purged from this dataset on ${known.purgedAt.toISOString().slice(0, 10)}`;
  const found = known === undefined ? stored : Number(known.bytes);
  if (found === undefined) return `the content ${sha256} is not stored: upload it first`;
  return found === bytes ? null : `the content ${sha256} has ${found} bytes, not ${bytes}`;
}

/** All paths of each content that has a new one, as JSON. */
function pathsByContent(put: readonly PutFile[], known: ReadonlyMap<string, Known>): ReadonlyMap<string, string> {
  const changed = new Map<string, Set<string>>();
  for (const { sha256, path } of put) {
    const before = changed.get(sha256) ?? new Set(known.get(sha256)?.paths);
    if (before.size >= mostPaths || before.has(path)) continue;
    changed.set(sha256, before.add(path));
  }
  return new Map([...changed].map(([sha256, paths]) => [sha256, JSON.stringify([...paths])]));
}

type Owner = {
  readonly datasetId: string;
  readonly version: number;
  readonly at: Date;
  /** The contents that only this draft has go with it if it is given up; null for those of a version. */
  readonly draft: string | null;
};

async function noteOwner(db: Db, { datasetId, draft }: Owner, sha256s: readonly string[], fresh: readonly string[]) {
  if (draft === null) {
    await sql`
      delete from dataset_draft_contents where dataset_id = ${datasetId} and sha256 = any (${sha256s})`.execute(db);
    return;
  }
  await sql`
    insert into dataset_draft_contents (dataset_id, draft_id, sha256)
    select ${datasetId}, ${draft}, sha256 from unnest(${sha256s}::text[]) as given (sha256)
    where sha256 = any (${fresh}) or exists (
      select from dataset_draft_contents as others where others.dataset_id = ${datasetId} and others.sha256 = given.sha256
    )
    on conflict do nothing`.execute(db);
}

/**
 * Writes down that the dataset needs these contents. Objects that are not stored, or are being deleted, are refused: no
 * version names a missing object.
 */
export async function referTo(db: Db, owner: Owner, put: readonly PutFile[]): Promise<void> {
  const { datasetId, version, at } = owner;
  const sha256s = [...new Set(put.map(({ sha256 }) => sha256))];
  if (sha256s.length === 0) return;
  const rows: readonly Known[] = await db
    .selectFrom('dataset_contents')
    .select(['sha256', 'bytes', 'purgedAt', 'paths'])
    .where('datasetId', '=', datasetId)
    .where(sql<boolean>`sha256 = any (${sha256s})`)
    .execute();
  const known = new Map(rows.map((row) => [row.sha256, row]));
  const fresh = sha256s.filter((sha256) => !known.has(sha256));
  const stored = await useStored(db, fresh, at);
  const faults: InputError[] = [];
  for (const [index, file] of put.entries()) {
    const message = faultOf(file, known.get(file.sha256), stored.get(file.sha256));
    if (message !== null)
      faults.push({ pointer: `/put/${index}`, message: `${JSON.stringify(file.path)}: ${message}` });
  }
  if (faults.length > 0)
    throw new ArtenicError('validation-failed', `${faults.length} files are refused: ${faults[0]?.message ?? ''}.`, {
      errors: faults.slice(0, mostFaults),
    });
  const paths = pathsByContent(put, known);
  const freshPaths = [...stored.keys()].map((sha256) => paths.get(sha256) ?? '[]');
  await sql`
    insert into dataset_contents (dataset_id, sha256, bytes, first_version, paths)
    select ${datasetId}, sha256, bytes, ${version}, paths::jsonb
    from unnest(${[...stored.keys()]}::text[], ${[...stored.values()]}::bigint[], ${freshPaths}::text[])
      as given (sha256, bytes, paths)`.execute(db);
  await noteOwner(db, owner, sha256s, fresh);
  const moved = [...paths].filter(([sha256]) => known.has(sha256));
  if (moved.length === 0) return;
  await sql`
    update dataset_contents as content set paths = given.paths::jsonb
    from unnest(${moved.map(([sha256]) => sha256)}::text[], ${moved.map(([, text]) => text)}::text[])
      as given (sha256, paths)
    where content.dataset_id = ${datasetId} and content.sha256 = given.sha256`.execute(db);
}

/** Which of these contents were purged from the dataset. */
export async function purgedOf(db: Db, datasetId: string, sha256s: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('dataset_contents')
    .select('sha256')
    .where('datasetId', '=', datasetId)
    .where('purgedAt', 'is not', null)
    .where(sql<boolean>`sha256 = any (${sha256s})`)
    .execute();
  return new Set(rows.map(({ sha256 }) => sha256));
}

type ContentMethods = Pick<DatasetsRepository, 'purge' | 'storedContents'>;

export function contentMethods(db: Db): ContentMethods {
  return {
    storedContents: (sha256s, at) => useStored(db, sha256s, at),
    purge: ({ datasetId, sha256, by, reason, at }) =>
      inTransaction(db, async (transaction) => {
        const purged = await transaction
          .updateTable('dataset_contents')
          .set({ purgedAt: at, purgedBy: by, purgeReason: reason })
          .where('datasetId', '=', datasetId)
          .where('sha256', '=', sha256)
          .where('purgedAt', 'is', null)
          .executeTakeFirst();
        if (purged.numUpdatedRows === 0n)
          throw new ArtenicError('not-found', `The dataset has no content ${sha256} that is not purged already.`);
        await appendAudit(transaction, { verb: 'dataset.purge', subject: datasetId, details: { sha256, reason } });
        const others = await transaction
          .selectFrom('dataset_contents')
          .select((of) => of.fn.countAll().as('number'))
          .where('sha256', '=', sha256)
          .where('purgedAt', 'is', null)
          .executeTakeFirstOrThrow();
        const elsewhere = Number(others.number);
        // Without another reference the next round of the collector deletes the object.
        if (elsewhere === 0) {
          await sql`update object_uses set used_at = '-infinity' where key = ${`data/${sha256}`}`.execute(transaction);
          await purgeProfiles(transaction, sha256);
        }
        return { elsewhere };
      }),
  };
}
