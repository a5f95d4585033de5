import type { AuditVerb, LineageKind, Page } from '@artenic/core';
import { sql, type InsertObject, type Kysely, type Selectable, type UpdateObject } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import type { LineagePlace } from '../../core/lineage/relations.ts';
import { decodeCursor, toPage } from '../cursors.ts';
import { inTransaction, lock, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import { appendAudit } from '../audit/repository.ts';
import { appendEvent } from '../events/repository.ts';
import { refuseNamedBefore } from '../lineage/named.ts';
import { describePlaces } from '../lineage/nodes.ts';
import { edgesAtQuery, toEdge } from '../lineage/queries.ts';
import { dropOwnedEdges } from '../lineage/write.ts';

/** Tables whose rows have these columns can be entities: `project_id`, `id`, `name` and `created_at`. */
type EntityTable = 'runs' | 'features';

export type EntityKind<Table extends EntityTable> = {
  readonly table: Table;
  /** For messages: a run, a feature. */
  readonly noun: Table extends 'runs' ? 'run' : 'feature';
  readonly verbs: Readonly<Record<'create' | 'change' | 'delete', AuditVerb>>;
  /** Details of a row for its events and the audit log. */
  readonly detailsOf: (row: Selectable<Database[Table]>) => Readonly<Record<string, string | number | null>>;
};

export type EntityListQuery = {
  readonly projectId: string;
  /** Columns that must have these values; an absent value does not filter. */
  readonly filters: Readonly<Record<string, string | undefined>>;
  readonly cursor?: string;
  readonly limit: number;
  readonly offset?: number | undefined;
};

/** How many things are named that hold another one. */
const mostNamed = 5;
/** Digits of an id that lists show. */
const shownDigits = 8;

export type EntityBase<Table extends EntityTable> = {
  /** Throws `conflict` for an id that is taken, or that the lineage still names. */
  readonly insert: (row: InsertObject<Database, Table>) => Promise<Selectable<Database[Table]>>;
  /** By id, or by the last eight characters of one. Throws `not-found`, and `conflict` when these fit more than one. */
  readonly get: (projectId: string, ref: string) => Promise<Selectable<Database[Table]>>;
  /** Newest first. */
  readonly list: (query: EntityListQuery) => Promise<Page<Selectable<Database[Table]>>>;
  /** Under a lock on the row. */
  readonly update: (
    projectId: string,
    id: string,
    change: (before: Selectable<Database[Table]>) => UpdateObject<Database, Table>,
  ) => Promise<Selectable<Database[Table]>>;
  /** Throws `conflict` with the names of what came from it. */
  readonly remove: (
    projectId: string,
    id: string,
    refusal: (row: Selectable<Database[Table]>) => string | null,
  ) => Promise<void>;
  /** The number of the next version of a name; others wait for the end of the transaction. */
  readonly nextVersion: (projectId: string, name: string) => Promise<number>;
};

type Row = { readonly id: string; readonly projectId: string; readonly createdAt: Date };
type AnyDb = Kysely<Record<string, Record<string, unknown>>>;
/** An entity's kind whose columns do not matter. */
type Kind = Pick<EntityKind<EntityTable>, 'noun' | 'verbs'> & {
  readonly table: string;
  readonly detailsOf: (row: never) => Readonly<Record<string, string | number | null>>;
};

const of = (db: Db) => db as unknown as AnyDb;
const rowsOf = (db: Db, table: string, projectId: string) =>
  of(db).selectFrom(table).selectAll().where('projectId', '=', projectId);
const placeOf = ({ noun }: Kind, id: string) => ({ kind: noun satisfies LineageKind, id });
const notFound = ({ noun }: Kind, ref: string) => new ArtenicError('not-found', `There is no ${noun} ${ref}.`);

async function note(transaction: Db, { table, noun, detailsOf }: Kind, verb: AuditVerb, row: unknown): Promise<void> {
  const { id: subject, projectId } = row as Row;
  const details = detailsOf(row as never);
  await appendAudit(transaction, { verb, subject, projectId, details });
  const data = { projectId, ...details };
  await appendEvent(transaction, { topic: table, kind: `${noun}.changed`, subject, projectId, data });
}

async function get(db: Db, kind: Kind, projectId: string, ref: string): Promise<unknown> {
  const whole = await rowsOf(db, kind.table, projectId).where('id', '=', ref).executeTakeFirst();
  if (whole !== undefined) return whole;
  if (ref.length !== shownDigits) throw notFound(kind, ref);
  const isShown = sql<boolean>`(right(id, 8) collate "C") = ${ref}`;
  const [found, other] = await rowsOf(db, kind.table, projectId).where(isShown).limit(2).execute();
  if (found === undefined) throw notFound(kind, ref);
  if (other !== undefined) throw new ArtenicError('conflict', `More than one ${kind.noun} ends with ${ref}.`);
  return found;
}

async function lockRow(transaction: Db, kind: Kind, projectId: string, id: string): Promise<unknown> {
  const row = await rowsOf(transaction, kind.table, projectId).where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
  if (row === undefined) throw notFound(kind, id);
  return row;
}

/** Names of what came from it. */
export async function holders(transaction: Db, projectId: string, place: LineagePlace): Promise<readonly string[]> {
  const { rows } = await edgesAtQuery(projectId, [place], 'down', mostNamed + 1).execute(transaction);
  const targets = rows.map((row) => toEdge(row).target).filter(({ kind }) => kind !== 'artifact' && kind !== 'stage');
  const facts = await describePlaces(transaction, projectId, targets);
  return targets.flatMap((target, index) => {
    const known = facts[index] ?? null;
    return known === null ? [] : [`${target.kind} ${known.name}`];
  });
}

function insert(db: Db, kind: Kind, row: Record<string, unknown>): Promise<unknown> {
  return inTransaction(db, async (transaction) => {
    const { id, projectId } = row as Row;
    const made = await of(transaction)
      .insertInto(kind.table)
      .values(row)
      .onConflict((conflict) => conflict.columns(['projectId', 'id']).doNothing())
      .returningAll()
      .executeTakeFirst();
    if (made === undefined) throw new ArtenicError('conflict', `There is a ${kind.noun} ${id} already.`);
    await refuseNamedBefore(transaction, projectId, placeOf(kind, id));
    await note(transaction, kind, kind.verbs.create, made);
    return made;
  });
}

async function list(db: Db, kind: Kind, query: EntityListQuery): Promise<Page<unknown>> {
  const { projectId, filters, cursor, limit, offset = 0 } = query;
  let select = rowsOf(db, kind.table, projectId);
  for (const [column, value] of Object.entries(filters))
    if (value !== undefined) select = select.where(column, '=', value);
  if (cursor !== undefined) {
    const [createdAt, id] = decodeCursor(cursor, 2);
    select = select.where(sql<boolean>`(created_at, id) < (${createdAt}::timestamptz, ${id})`);
  }
  const rows = await select
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .offset(offset)
    .execute();
  return toPage(
    rows,
    limit,
    (row) => row as Row,
    ({ createdAt, id }) => [createdAt.toISOString(), id],
  );
}

function update(
  db: Db,
  kind: Kind,
  { projectId, id }: Pick<Row, 'projectId' | 'id'>,
  change: (before: unknown) => Record<string, unknown>,
): Promise<unknown> {
  return inTransaction(db, async (transaction) => {
    const changed = await of(transaction)
      .updateTable(kind.table)
      .set(change(await lockRow(transaction, kind, projectId, id)))
      .where('projectId', '=', projectId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await note(transaction, kind, kind.verbs.change, changed);
    return changed;
  });
}

function remove(
  db: Db,
  kind: Kind,
  { projectId, id }: Pick<Row, 'projectId' | 'id'>,
  refusal: (row: unknown) => string | null,
): Promise<void> {
  return inTransaction(db, async (transaction) => {
    const row = await lockRow(transaction, kind, projectId, id);
    const refused = refusal(row);
    if (refused !== null) throw new ArtenicError('conflict', refused);
    const held = await holders(transaction, projectId, placeOf(kind, id));
    const names = held.slice(0, mostNamed).join(', ') + (held.length > mostNamed ? ' and more' : '');
    if (held.length > 0) throw new ArtenicError('conflict', `The ${kind.noun} ${id} is needed by ${names}.`);
    await note(transaction, kind, kind.verbs.delete, row);
    await dropOwnedEdges(transaction, projectId, placeOf(kind, id));
    await of(transaction).deleteFrom(kind.table).where('projectId', '=', projectId).where('id', '=', id).execute();
  });
}

async function nextVersion(transaction: Db, { table }: Kind, projectId: string, name: string): Promise<number> {
  await lock(transaction, `${table}:${projectId}/${name}`);
  const newest = await of(transaction)
    .selectFrom(table)
    .select((select) => select.fn.max('version').as('version'))
    .where('projectId', '=', projectId)
    .where('name', '=', name)
    .executeTakeFirst();
  return Number(newest?.version ?? 0) + 1;
}

/** Reading, making, changing and deleting entities, with audit, events and the lineage's edges in one transaction. */
export function entityBase<Table extends EntityTable>(db: Db, kind: EntityKind<Table>): EntityBase<Table> {
  const base = {
    insert: (row: Record<string, unknown>) => insert(db, kind, row),
    get: (projectId: string, ref: string) => get(db, kind, projectId, ref),
    list: (query: EntityListQuery) => list(db, kind, query),
    update: (projectId: string, id: string, change: (before: unknown) => Record<string, unknown>) =>
      update(db, kind, { projectId, id }, change),
    remove: (projectId: string, id: string, refusal: (row: unknown) => string | null) =>
      remove(db, kind, { projectId, id }, refusal),
    nextVersion: (projectId: string, name: string) => nextVersion(db, kind, projectId, name),
  };
  // The functions above work on any table; only here the columns of this one are known.
  return base as unknown as EntityBase<Table>;
}
