import { sql } from 'kysely';
import type { Db } from '../database.ts';
import type { OverviewRepository } from '../types.ts';
import {
  activityQuery,
  countedUntilQuery,
  endedByDayQuery,
  jobsByStateQuery,
  recoveriesQuery,
  timeToStartQuery,
} from './queries.ts';

async function timeToStart(db: Db, projectId: string, since: Date): ReturnType<OverviewRepository['timeToStart']> {
  const { rows } = await timeToStartQuery(projectId, since).execute(db);
  const [row] = rows;
  if (row === undefined || row.median === null || row.p95 === null) return null;
  return { medianMs: Math.round(row.median), p95Ms: Math.round(row.p95), jobs: Number(row.jobs) };
}

export function createOverview(db: Db): OverviewRepository {
  return {
    jobsByState: async (projectId) => {
      const [counted] = (await countedUntilQuery.execute(db)).rows;
      const { rows } = await jobsByStateQuery(projectId, counted?.until ?? new Date(0)).execute(db);
      return new Map(rows.map(({ state, jobs }) => [state, Number(jobs)]));
    },
    endedByDay: async (projectId, since) => {
      const { rows } = await endedByDayQuery(projectId, since).execute(db);
      return rows.map((row) => ({ ...row, jobs: Number(row.jobs) }));
    },
    timeToStart: (projectId, since) => timeToStart(db, projectId, since),
    recoveries: async (projectId, since) => {
      const { rows } = await recoveriesQuery(projectId, since).execute(db);
      return Number(rows[0]?.recoveries ?? 0);
    },
    models: async (projectId) => {
      const { rows } = await sql<{ models: bigint; versions: bigint; production: bigint }>`
        select (select count(*) from models where project_id = ${projectId}) as models, count(*) as versions,
          count(*) filter (where stage = 'production') as production
        from model_versions where project_id = ${projectId}`.execute(db);
      const [row] = rows;
      return {
        models: Number(row?.models ?? 0),
        versions: Number(row?.versions ?? 0),
        inProduction: Number(row?.production ?? 0),
      };
    },
    activity: async (query) => (await activityQuery(query).execute(db)).rows,
  };
}
