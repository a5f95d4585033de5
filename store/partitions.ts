import { sql } from 'kysely';
import { inTransaction, lock, type Db } from './database.ts';

const weekMs = 7 * 86_400_000;
/** The first Monday in Unix time was its fifth day. */
const firstMondayMs = 4 * 86_400_000;
/**
 * Partitions are created this far ahead: the collector may be away for weeks, and a default partition holds any other
 * row.
 */
const weeksAhead = 4;

/** Tables with weekly partitions, and the form of a bound in their key. */
const partitioned = {
  /** Partitioned by `at`. */
  events: (fromMs: number) => new Date(fromMs).toISOString(),
  /** Partitioned by `job_id`, which begins with the time of the submission in milliseconds. */
  metric_points: (fromMs: number) => {
    const hex = fromMs.toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}`;
  },
} as const;
export type PartitionedTable = keyof typeof partitioned;
const partitionedTables = Object.keys(partitioned) as readonly PartitionedTable[];

export type Partition = { readonly name: string; readonly untilMs: number; readonly bytes: number };

function weekOf(ms: number): number {
  return Math.floor((ms - firstMondayMs) / weekMs) * weekMs + firstMondayMs;
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll('-', '');
}

function dayOf(text: string): number {
  return Date.parse(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}T00:00:00Z`);
}

/**
 * End of a partition: `events_before_20261207` holds all rows of an older database, `events_from_20261207` one week.
 */
function untilOf(table: PartitionedTable, name: string): number | null {
  const match = /^([a-z_]+)_(before|from)_(\d{8})$/.exec(name);
  if (match?.[1] !== table || match[3] === undefined) return null;
  return dayOf(match[3]) + (match[2] === 'from' ? weekMs : 0);
}

/** Oldest first, without the default partition. */
export async function partitionsOf(db: Db, table: PartitionedTable): Promise<readonly Partition[]> {
  const { rows } = await sql<{ name: string; bytes: bigint }>`
    select child.relname as name, pg_total_relation_size(child.oid) as bytes
    from pg_inherits join pg_class as child on child.oid = pg_inherits.inhrelid
    where pg_inherits.inhparent = ${table}::regclass`.execute(db);
  return rows
    .flatMap(({ name, bytes }) => {
      const untilMs = untilOf(table, name);
      return untilMs === null ? [] : [{ name, untilMs, bytes: Number(bytes) }];
    })
    .toSorted((one, other) => one.untilMs - other.untilMs);
}

/** Bound in the table's key for a time. */
function boundOf(table: PartitionedTable, ms: number): string {
  return partitioned[table](ms);
}

/** Adds a week's partition and moves its rows from the default partition, which holds rows that arrived earlier. */
async function addWeek(db: Db, table: PartitionedTable, fromMs: number): Promise<void> {
  const name = `${table}_from_${dayText(fromMs)}`;
  const key = sql.ref(table === 'events' ? 'at' : 'job_id');
  const [from, until] = [sql.lit(boundOf(table, fromMs)), sql.lit(boundOf(table, fromMs + weekMs))];
  const [parent, child, rest] = [sql.table(table), sql.table(name), sql.table(`${table}_default`)];
  await sql`create table ${child} (like ${parent} including defaults)`.execute(db);
  await sql`
    with moved as (delete from ${rest} where ${key} >= ${from} and ${key} < ${until} returning *)
    insert into ${child} select * from moved`.execute(db);
  await sql`alter table ${parent} attach partition ${child} for values from (${from}) to (${until})`.execute(db);
}

/** Creates the partitions of this week and the next ones. Existing ones stay. */
export async function ensurePartitions(db: Db, nowMs: number): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await lock(transaction, 'partitions');
    for (const table of partitionedTables) await addWeeks(transaction, table, nowMs);
  });
}

async function addWeeks(db: Db, table: PartitionedTable, nowMs: number): Promise<void> {
  const lastMs = (await partitionsOf(db, table)).at(-1)?.untilMs ?? weekOf(nowMs);
  for (let fromMs = Math.max(lastMs, weekOf(nowMs)); fromMs <= nowMs + weeksAhead * weekMs; fromMs += weekMs)
    await addWeek(db, table, fromMs);
}

/** Drops a partition if `isDue` still holds in the transaction that drops it; else returns false. */
export async function dropPartition(
  db: Db,
  table: PartitionedTable,
  name: string,
  isDue: (transaction: Db) => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  return inTransaction(db, async (transaction) => {
    // Other transactions must not queue behind this one: after a timeout the next round tries again.
    await sql`set local lock_timeout = '2s'`.execute(transaction);
    if (!(await isDue(transaction))) return false;
    await sql`alter table ${sql.table(table)} detach partition ${sql.table(name)}`.execute(transaction);
    await sql`drop table ${sql.table(name)}`.execute(transaction);
    return true;
  });
}
