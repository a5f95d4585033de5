import { sql } from 'kysely';
import { json, type Db } from '../database.ts';
import type { RunnerEventRecord, RunnerEventsRepository, WorkflowEvent } from '../types.ts';

async function insert(
  db: Db,
  row: {
    readonly attemptId: string;
    readonly eventId: string;
    readonly at: Date;
    readonly event: WorkflowEvent | null;
  },
): Promise<boolean> {
  const { attemptId, eventId, at, event } = row;
  const made = await db
    .insertInto('runner_events')
    .values({
      ...{ attemptId, eventId, receivedAt: at },
      ...(event === null ? { deliveredAt: at } : { event: json(event) }),
    })
    .onConflict((conflict) => conflict.columns(['attemptId', 'eventId']).doNothing())
    .returning('eventId')
    .executeTakeFirst();
  return made !== undefined;
}

/** Most events of each kind from one attempt. A runner sends a handful. */
const mostOfKind = 32;

async function accept(db: Db, attemptId: string, event: WorkflowEvent, at: Date): Promise<'taken' | 'known' | 'full'> {
  const { eventId, kept } = await db
    .selectFrom('runner_events')
    .select((of) => [
      of.fn.max(sql<string | null>`case when event_id = ${event.id} then event_id end`).as('eventId'),
      of.fn
        .countAll<string>()
        .filterWhere(sql<boolean>`event ->> 'kind' = ${event.kind}`)
        .as('kept'),
    ])
    .where('attemptId', '=', attemptId)
    .executeTakeFirstOrThrow();
  if (eventId !== null) return 'known';
  if (Number(kept) >= mostOfKind) return 'full';
  return (await insert(db, { attemptId, eventId: event.id, at, event })) ? 'taken' : 'known';
}

export function createRunnerEvents(db: Db): RunnerEventsRepository {
  return {
    accept: (attemptId, event, at) => accept(db, attemptId, event, at),
    firstTime: (attemptId, note, at) => insert(db, { attemptId, eventId: `note:${note}`, at, event: null }),
    undelivered: async (attemptId, limit) => {
      const rows = await db
        .selectFrom('runner_events')
        .select(['eventId', 'event'])
        .where('attemptId', '=', attemptId)
        .where('deliveredAt', 'is', null)
        .orderBy('position')
        .limit(limit)
        .execute();
      return rows.flatMap(({ eventId, event }): RunnerEventRecord[] => (event === null ? [] : [{ eventId, event }]));
    },
    waiting: async ({ olderThan, limit }) => {
      const rows = await db
        .selectFrom('runner_events')
        .select('attemptId')
        .where('deliveredAt', 'is', null)
        .where('receivedAt', '<', olderThan)
        .orderBy('tries')
        .orderBy('position')
        .limit(limit)
        .execute();
      return [...new Set(rows.map(({ attemptId }) => attemptId))];
    },
    delivered: async (attemptId, eventId, at) => {
      await db
        .updateTable('runner_events')
        .set({ deliveredAt: at })
        .where('attemptId', '=', attemptId)
        .where('eventId', '=', eventId)
        .execute();
    },
    failed: async (attemptId, eventId) => {
      await db
        .updateTable('runner_events')
        .set((set) => ({ tries: set('tries', '+', 1) }))
        .where('attemptId', '=', attemptId)
        .where('eventId', '=', eventId)
        .execute();
    },
  };
}
