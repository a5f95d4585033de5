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

export function createRunnerEvents(db: Db): RunnerEventsRepository {
  return {
    accept: (attemptId, event, at) => insert(db, { attemptId, eventId: event.id, at, event }),
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
