import { defaultJobSort, type JobSort, type JobSortField, type Page } from '@artenic/core';
import { sql, type RawBuilder } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { labelExpression, searchExpression } from '../../core/jobs/words.ts';
import { decodeCursor, encodeCursor } from '../cursors.ts';
import { json, type Db } from '../database.ts';
import type { JobRecord, JobsFilter, JobsQuery } from '../types.ts';

type Condition = RawBuilder<boolean>;
const all = (conditions: readonly Condition[]): Condition => sql`${sql.join(conditions, sql` and `)}`;

function conditionsOf(filter: JobsFilter): readonly Condition[] {
  const { projectId, states, service, model, namedProvider, provider, market, submittedBy, since, until } = filter;
  return [
    sql`project_id = ${projectId}`,
    ...(states === undefined ? [] : [sql<boolean>`state = any (${states})`]),
    ...(service === undefined ? [] : [sql<boolean>`service = ${service}`]),
    ...(model === undefined ? [] : [sql<boolean>`model = ${model}`]),
    ...(namedProvider === undefined
      ? []
      : [sql<boolean>`spec -> 'placement' -> 'providers' @> ${json([namedProvider])}`]),
    ...(provider === undefined ? [] : [sql<boolean>`provider = ${provider}`]),
    ...(market === undefined ? [] : [sql<boolean>`market = ${market}`]),
    ...(submittedBy === undefined ? [] : [sql<boolean>`created_by = ${submittedBy}`]),
    ...(since === undefined ? [] : [sql<boolean>`created_at >= ${since}`]),
    ...(until === undefined ? [] : [sql<boolean>`created_at < ${until}`]),
    ...(filter.isOpen === true ? [sql<boolean>`finished_at is null`] : []),
  ];
}

/** An expression of PostgreSQL's text search for labels and searched words; null when the filter has neither. */
export function expressionOf({ labels = [], search }: JobsFilter): string | null {
  const parts = labels.map(([key, value]) => labelExpression(key, value));
  // A text without letters and digits fits no job: no entry of the index is empty.
  if (search !== undefined) parts.push(`(${searchExpression(search) ?? "' '"})`);
  return parts.length === 0 ? null : parts.join(' & ');
}

/** Jobs that are looked up one by one when no more than these have the words. */
const mostFound = 1000;

export function foundQuery(projectId: string, expression: string): RawBuilder<{ readonly id: string }> {
  return sql<{ readonly id: string }>`
    select id from jobs where words @@ ${expression}::tsquery and project_id = ${projectId} limit ${mostFound + 1}`;
}

/** Rows among which the other filters choose, and what they must fulfil. */
type Source = { readonly from: RawBuilder<unknown>; readonly conditions: readonly Condition[] };

/**
 * Rare words are found by their index, and words of many jobs on the way through the list, where the next page is near.
 * PostgreSQL cannot choose between the two: it guesses how many jobs have a word that is not among the commonest.
 */
async function sourceOf(db: Db, filter: JobsFilter): Promise<Source> {
  const conditions = conditionsOf(filter);
  const expression = expressionOf(filter);
  if (expression === null) return { from: sql`jobs`, conditions };
  const { rows } = await foundQuery(filter.projectId, expression).execute(db);
  if (rows.length > mostFound)
    return { from: sql`jobs`, conditions: [...conditions, sql`words @@ ${expression}::tsquery`] };
  const ids = rows.map(({ id }) => id);
  // The limit keeps the look-ups apart: as a join PostgreSQL might read all jobs for them.
  const from = sql`(
    select job.* from unnest(${ids}::text[]) as found (id)
      cross join lateral (select * from jobs where jobs.id = found.id limit 1) as job
  ) as jobs`;
  return { from, conditions };
}

/** Value that a list is sorted by, and the type to which a cursor's text is cast. Each has an index. */
type SortKey = { readonly key: RawBuilder<unknown>; readonly type: RawBuilder<unknown> };
const sortKeys: { readonly [Field in Exclude<JobSortField, 'submittedAt' | 'durationMs'>]: SortKey } = {
  name: { key: sql`(lower(name) collate "C")`, type: sql`text` },
  service: { key: sql`service`, type: sql`text` },
  state: { key: sql`state`, type: sql`text` },
  costUsdMicros: { key: sql`cost_usd_micros`, type: sql`bigint` },
};
/** In seconds. */
const duration: SortKey = { key: sql`extract(epoch from (finished_at - created_at))`, type: sql`numeric` };

/** Place behind which a page begins. Open jobs grow older, so a list by duration keeps the time of its first page. */
type Place = { readonly key: string; readonly createdAt: string; readonly id: string };
type Order = { readonly sort: JobSort; readonly asOf: Date; readonly after: Place | null; readonly rows: number };

function orderOf({ sort = defaultJobSort, cursor, limit, asOf }: JobsQuery & { readonly asOf: Date }): Order {
  const rows = limit + 1;
  if (cursor === undefined) return { sort, asOf, after: null, rows };
  const [from = '', at = '', key = '', createdAt = '', id = ''] = decodeCursor(cursor, 5);
  if (from !== sort) throw new ArtenicError('validation-failed', 'The cursor belongs to a list in another order.');
  return { sort, asOf: new Date(at), after: { key, createdAt, id }, rows };
}

type Row = JobRecord & { readonly sortKey: string };

const directionOf = (sort: JobSort) => (sort.startsWith('-') ? sql`desc` : sql`asc`);
const beyondOf = (sort: JobSort) => (sort.startsWith('-') ? sql`<` : sql`>`);

function pageByTime({ from, conditions }: Source, { sort, after, rows }: Order): RawBuilder<Row> {
  const direction = directionOf(sort);
  const behind: readonly Condition[] =
    after === null ? [] : [sql`(created_at, id) ${beyondOf(sort)} (${after.createdAt}::timestamptz, ${after.id})`];
  return sql<Row>`
    select *, '' as sort_key from ${from} where ${all([...conditions, ...behind])}
    order by created_at ${direction}, id ${direction} limit ${rows}`;
}

function pageBy({ key, type }: SortKey, { from, conditions }: Source, order: Order): RawBuilder<Row> {
  const { sort, after, rows } = order;
  const direction = directionOf(sort);
  const behind: readonly Condition[] =
    after === null
      ? []
      : [
          sql`(${key}, created_at, id) ${beyondOf(sort)} (${after.key}::${type}, ${after.createdAt}::timestamptz, ${after.id})`,
        ];
  return sql<Row>`
    select *, (${key})::text as sort_key from ${from} where ${all([...conditions, ...behind])}
    order by ${key} ${direction}, created_at ${direction}, id ${direction} limit ${rows}`;
}

/**
 * Ended jobs come from their index by duration, and open ones from the index by time of submission: the longest of them
 * is the oldest.
 */
function pageByDuration({ from, conditions }: Source, order: Order): RawBuilder<Row> {
  const { sort, asOf, after, rows } = order;
  const direction = directionOf(sort);
  const isDescending = sort.startsWith('-');
  const running = sql`extract(epoch from (${asOf}::timestamptz - created_at))`;
  const behind = (): readonly Condition[] => {
    if (after === null) return [];
    const start = sql`${asOf}::timestamptz - make_interval(secs => ${after.key}::float8)`;
    return [
      isDescending ? sql`created_at >= ${start}` : sql`created_at <= ${start}`,
      sql`(${running}, created_at, id) ${beyondOf(sort)} (${after.key}::numeric, ${after.createdAt}::timestamptz, ${after.id})`,
    ];
  };
  const open = all([...conditions, sql`finished_at is null`, sql`created_at <= ${asOf}`, ...behind()]);
  return sql<Row>`
    select * from (
      (${pageBy(duration, { from, conditions: [...conditions, sql`finished_at is not null`] }, order)})
      union all
      (select *, (${running})::text as sort_key from ${from} where ${open}
        order by created_at ${isDescending ? sql`asc` : sql`desc`}, id ${direction} limit ${rows})
    ) as both_kinds
    order by sort_key::numeric ${direction}, created_at ${direction}, id ${direction} limit ${rows}`;
}

function pageOf(source: Source, order: Order): RawBuilder<Row> {
  const field = order.sort.replace(/^-/, '') as JobSortField;
  if (field === 'submittedAt') return pageByTime(source, order);
  return field === 'durationMs' ? pageByDuration(source, order) : pageBy(sortKeys[field], source, order);
}

/** A query for one page, with one row more if another page follows. */
export async function listQuery(db: Db, query: JobsQuery & { readonly asOf: Date }): Promise<RawBuilder<Row>> {
  const order = orderOf(query);
  const page = pageOf(await sourceOf(db, query), order);
  return query.offset === undefined ? page : sql<Row>`${page} offset ${query.offset}`;
}

export async function list(db: Db, query: JobsQuery): Promise<Page<JobRecord>> {
  const asOf = new Date();
  const { rows } = await (await listQuery(db, { ...query, asOf })).execute(db);
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  if (last === undefined || rows.length <= query.limit) return { items, nextCursor: null };
  const { sort, asOf: since } = orderOf({ ...query, asOf });
  const place = [last.sortKey, last.createdAt.toISOString(), last.id];
  return { items, nextCursor: encodeCursor([sort, since.toISOString(), ...place]) };
}
