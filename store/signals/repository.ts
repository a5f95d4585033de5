import type { Db } from '../database.ts';
import type { SignalsRepository } from '../types.ts';

export function createSignals(db: Db): SignalsRepository {
  return {
    insert: async (signal) => {
      const made = await db
        .insertInto('job_signals')
        .values(signal)
        .onConflict((conflict) => conflict.columns(['jobId', 'eventId']).doNothing())
        .returning('eventId')
        .executeTakeFirst();
      return made !== undefined;
    },
    find: async (jobId, eventId) =>
      (await db
        .selectFrom('job_signals')
        .selectAll()
        .where('jobId', '=', jobId)
        .where('eventId', '=', eventId)
        .executeTakeFirst()) ?? null,
    since: async (jobId, since) => {
      const { count, first } = await db
        .selectFrom('job_signals')
        .select((of) => [of.fn.countAll<string>().as('count'), of.fn.min('receivedAt').as('first')])
        .where('jobId', '=', jobId)
        .where('receivedAt', '>', since)
        .executeTakeFirstOrThrow();
      return { count: Number(count), first };
    },
    undelivered: async ({ olderThan, limit }) =>
      db
        .selectFrom('job_signals')
        .selectAll()
        .where('deliveredAt', 'is', null)
        .where('receivedAt', '<', olderThan)
        .orderBy('receivedAt')
        .limit(limit)
        .execute(),
    markDelivered: async (jobId, eventId, at) => {
      await db
        .updateTable('job_signals')
        .set({ deliveredAt: at })
        .where('jobId', '=', jobId)
        .where('eventId', '=', eventId)
        .execute();
    },
  };
}
