import { sql, type Selectable } from 'kysely';
import { inTransaction, json, lock, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import { eventsChannel, hintsChannel } from './listen.ts';
import { principalInScope } from '../principal-scope.ts';
import type { EventInput, EventRecord, EventsRepository } from '../types.ts';

function toRecord(row: Selectable<Database['events']>, sequence: bigint): EventRecord {
  const { topic, kind, subject, data, at, projectId, principal } = row;
  return { topic, kind, subject, data, at, projectId, principal, sequence };
}

/**
 * Notifies every process that a key or a session has ended. Clients cannot subscribe to its topic, and it contains no
 * identity.
 */
export const accessEnded: EventInput = { topic: 'access', kind: 'access.ended', subject: '', data: {} };

export async function appendEvent(db: Db, event: EventInput): Promise<void> {
  const { topic, kind, subject, data, projectId = null } = event;
  await sql`
    with appended as (
      insert into events (topic, kind, subject, data, principal, project_id)
      values (
        ${topic}, ${kind}, ${subject}, ${json(data)}, ${principalInScope().id},
        coalesce(${projectId}, (select project_id from jobs where id = ${subject}))
      )
    )
    select pg_notify(${eventsChannel}, ${topic.split(':', 1)[0] ?? ''})`.execute(db);
}

async function sequence(db: Db): Promise<number> {
  const waiting = await db
    .selectFrom('events')
    .select('id')
    .where('sequence', 'is', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (waiting === undefined) return 0;
  return inTransaction(db, async (transaction) => {
    await lock(transaction, 'event-sequence');
    // A separate statement after the lock, so that it sees the numbers of the previous lock holder.
    const numbered = await sql`
      with pending as (
        select id, at, row_number() over (order by id) as place from events where sequence is null
      ), counted as (
        update event_counter set last_sequence = last_sequence + (select count(*) from pending)
        returning last_sequence - (select count(*) from pending) as before
      )
      update events set sequence = counted.before + pending.place
      from pending, counted
      where events.id = pending.id and events.at = pending.at`.execute(transaction);
    return Number(numbered.numAffectedRows ?? 0);
  });
}

/** PostgreSQL accepts payloads of less than 8,000 bytes. */
const mostPayloadBytes = 7900;

/** Packs hints into payloads, as many as fit into each. A hint that is too long for one payload is left out. */
export function hintPayloads(origin: string, hints: readonly object[]): readonly string[] {
  const whole = (texts: readonly string[]): string => `{"origin":${JSON.stringify(origin)},"hints":[${texts.join()}]}`;
  const room = mostPayloadBytes - Buffer.byteLength(whole([]));
  const payloads: string[][] = [];
  let left = 0;
  for (const hint of hints) {
    const text = JSON.stringify(hint);
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > room) continue;
    if (bytes > left) {
      payloads.push([]);
      left = room;
    }
    payloads.at(-1)?.push(text);
    left -= bytes;
  }
  return payloads.map(whole);
}

async function notifyHints(db: Db, origin: string, hints: readonly object[]): Promise<void> {
  const payloads = hintPayloads(origin, hints);
  if (payloads.length === 0) return;
  await sql`select pg_notify(${hintsChannel}, payload) from unnest(${payloads}::text[]) as payload`.execute(db);
}

export function createEvents(db: Db): EventsRepository {
  return {
    append: (event) => appendEvent(db, event),
    sequence: () => sequence(db),
    after: async (after, limit) => {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('sequence', '>', after)
        .orderBy('sequence')
        .limit(limit)
        .execute();
      return rows.map((row) => toRecord(row, row.sequence ?? 0n));
    },
    notifyHints: (origin, hints) => notifyHints(db, origin, hints),
    lastSequence: async () => {
      const row = await db.selectFrom('event_counter').select('lastSequence').executeTakeFirst();
      return row?.lastSequence ?? 0n;
    },
    firstSequence: async () => {
      const row = await db
        .selectFrom('events')
        .select('sequence')
        .where('sequence', 'is not', null)
        .orderBy('sequence')
        .limit(1)
        .executeTakeFirst();
      return row?.sequence ?? null;
    },
  };
}
