import type { Db } from '../database.ts';
import type { RunnerEventsRepository } from '../types.ts';

export function createRunnerEvents(db: Db): RunnerEventsRepository {
  return {
    firstTime: async (attemptId, eventId, at) => {
      const made = await db
        .insertInto('runner_events')
        .values({ attemptId, eventId, receivedAt: at })
        .onConflict((conflict) => conflict.columns(['attemptId', 'eventId']).doNothing())
        .returning('eventId')
        .executeTakeFirst();
      return made !== undefined;
    },
  };
}
