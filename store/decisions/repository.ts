import { sql } from 'kysely';
import { json, type Db } from '../database.ts';
import type { FailoverAction } from '../../core/failover/types.ts';
import type { DecisionRecord, DecisionsRepository, DecisionSummary, LaunchAction } from '../types.ts';
import { decodeNumberCursor, toPage } from '../cursors.ts';

const summary = ['jobId', 'decision', 'policyVersion', 'action', 'decidedAt'] as const;

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

const page: (db: Db) => DecisionsRepository['page'] =
  (db) =>
  async ({ jobId, cursor, limit }) => {
    let rows = db.selectFrom('decisions').select(summary).where('jobId', '=', jobId);
    if (cursor !== undefined) rows = rows.where('decision', '>', Number(decodeNumberCursor(cursor)));
    return toPage(
      await rows
        .orderBy('decision')
        .limit(limit + 1)
        .execute(),
      limit,
      (row): DecisionSummary => row,
      ({ decision }) => [String(decision)],
    );
  };

function launchIn(action: FailoverAction): readonly LaunchAction[] {
  if (action.kind === 'replace') return [{ kind: 'launch', ...action.launch, reason: action.reason }];
  return action.kind === 'launch' ? [action] : [];
}

export function createDecisions(db: Db): DecisionsRepository {
  return {
    find: async (jobId, decision) => (await select(db, jobId, decision).executeTakeFirst()) ?? null,
    latest: async (jobId) => {
      const row = await db
        .selectFrom('decisions')
        .select(summary)
        .where('jobId', '=', jobId)
        .orderBy('decision', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row ?? null;
    },
    insert: (decision) => insert(db, decision),
    launches: async (jobId, attempts) => {
      const rows = await db
        .selectFrom('decisions')
        .select('action')
        .where('jobId', '=', jobId)
        .where(
          sql<boolean>`(action ->> 'kind' = 'launch' and (action ->> 'attempt')::int = any (${attempts}))
            or (action ->> 'kind' = 'replace' and (action -> 'launch' ->> 'attempt')::int = any (${attempts}))`,
        )
        .orderBy('decision')
        .execute();
      return rows.flatMap(({ action }) => launchIn(action));
    },
    page: page(db),
  };
}
