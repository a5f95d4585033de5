import { json, type Db } from '../database.ts';
import type { DecisionRecord, DecisionsRepository } from '../types.ts';

function select(db: Db, jobId: string, decision: number) {
  return db.selectFrom('decisions').selectAll().where('jobId', '=', jobId).where('decision', '=', decision);
}

async function insert(db: Db, decision: DecisionRecord): Promise<DecisionRecord> {
  const { inputs = null, action } = decision;
  await db
    .insertInto('decisions')
    .values({ ...decision, inputs: json(inputs), action: json(action) })
    .onConflict((conflict) => conflict.columns(['jobId', 'decision']).doNothing())
    .execute();
  return select(db, decision.jobId, decision.decision).executeTakeFirstOrThrow();
}

export function createDecisions(db: Db): DecisionsRepository {
  return {
    find: async (jobId, decision) => (await select(db, jobId, decision).executeTakeFirst()) ?? null,
    latest: async (jobId) => {
      const row = await db
        .selectFrom('decisions')
        .selectAll()
        .where('jobId', '=', jobId)
        .orderBy('decision', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row ?? null;
    },
    insert: (decision) => insert(db, decision),
    listByJob: async (jobId) =>
      db.selectFrom('decisions').selectAll().where('jobId', '=', jobId).orderBy('decision').execute(),
  };
}
