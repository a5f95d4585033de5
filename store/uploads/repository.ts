import { sql, type Selectable } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { inTransaction, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type { UploadRecord, UploadsRepository } from '../types.ts';

const uploadNotFound = (id: string): ArtenicError =>
  new ArtenicError('not-found', `There is no upload ${id}: begin a new one.`);

function toRecord({ bytes, received, ...row }: Selectable<Database['uploads']>): UploadRecord {
  return { ...row, bytes: Number(bytes), received: Number(received) };
}

async function addPiece(db: Db, ...[id, piece, at]: Parameters<UploadsRepository['addPiece']>): Promise<void> {
  const start = BigInt(piece.start);
  const bytes = BigInt(piece.bytes);
  await inTransaction(db, async (transaction) => {
    const moved = await transaction
      .updateTable('uploads')
      .set({ received: start + bytes, updatedAt: at })
      .where('id', '=', id)
      .where('received', '=', start)
      .where('state', '=', 'open')
      .executeTakeFirst();
    if (moved.numUpdatedRows === 0n) {
      const row = await transaction.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
      if (row === undefined || row.state === 'ended') throw uploadNotFound(id);
      throw new ArtenicError('offset-mismatch', `The upload has ${row.received} bytes, not ${start}.`, {
        expectedOffset: Number(row.received),
      });
    }
    await transaction.insertInto('upload_pieces').values({ uploadId: id, start, bytes, key: piece.key }).execute();
  });
}

async function finish(db: Db, ...[id, sha256, at]: Parameters<UploadsRepository['finish']>): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const done = await sql`
      update uploads set state = 'stored', sha256 = ${sha256}, received = bytes, updated_at = ${at}
      where id = ${id} and state <> 'ended'`.execute(transaction);
    if (Number(done.numAffectedRows ?? 0) === 0) throw uploadNotFound(id);
    await transaction.deleteFrom('upload_pieces').where('uploadId', '=', id).execute();
  });
}

/** Removes what is left of uploads. */
function removeMethods(db: Db): Pick<UploadsRepository, 'endOld' | 'countOld' | 'ended' | 'drop'> {
  const old = (before: Date, limit: number) =>
    sql`select id from uploads where state <> 'ended' and updated_at < ${before} order by updated_at, id limit ${limit}`;
  return {
    endOld: async (before, limit, at) => {
      const ended = await sql`
        update uploads set state = 'ended', updated_at = ${at}
        where id in (${old(before, limit)} for no key update)`.execute(db);
      return Number(ended.numAffectedRows ?? 0);
    },
    countOld: async (before, limit) => (await old(before, limit).execute(db)).rows.length,
    ended: async (before, limit) => {
      const rows = await db
        .selectFrom('uploads')
        .select('id')
        .where('state', '=', 'ended')
        .where('updatedAt', '<', before)
        .orderBy('updatedAt')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },
    drop: (id) =>
      inTransaction(db, async (transaction) => {
        await transaction.deleteFrom('upload_pieces').where('uploadId', '=', id).execute();
        await transaction.deleteFrom('uploads').where('id', '=', id).where('state', '=', 'ended').execute();
      }),
  };
}

export function createUploads(db: Db): UploadsRepository {
  return {
    insert: async ({ bytes, ...upload }) => {
      const values = {
        ...upload,
        bytes: BigInt(bytes),
        received: 0n,
        state: 'open',
        updatedAt: upload.createdAt,
      } as const;
      await db.insertInto('uploads').values(values).execute();
    },
    get: async (projectId, id) => {
      const row = await db
        .selectFrom('uploads')
        .selectAll()
        .where('id', '=', id)
        .where('projectId', '=', projectId)
        .where('state', '<>', 'ended')
        .executeTakeFirst();
      if (row === undefined) throw uploadNotFound(id);
      return toRecord(row);
    },
    pieces: async (id) => {
      const rows = await db
        .selectFrom('upload_pieces')
        .select(['start', 'bytes', 'key'])
        .where('uploadId', '=', id)
        .orderBy('start')
        .execute();
      return rows.map(({ start, bytes, key }) => ({ start: Number(start), bytes: Number(bytes), key }));
    },
    addPiece: (...given) => addPiece(db, ...given),
    finish: (...given) => finish(db, ...given),
    end: async (projectId, id, at) => {
      const ended = await db
        .updateTable('uploads')
        .set({ state: 'ended', updatedAt: at })
        .where('id', '=', id)
        .where('projectId', '=', projectId)
        .where('state', '<>', 'ended')
        .executeTakeFirst();
      if (ended.numUpdatedRows === 0n) throw uploadNotFound(id);
    },
    ...removeMethods(db),
  };
}
