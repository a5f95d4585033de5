import { sql } from 'kysely';
import { json, type Db } from '../database.ts';
import type { WorkerRecord, WorkersRepository } from '../types.ts';

const most = 200;
const keptHours = 24;

export function createWorkers(db: Db): WorkersRepository {
  return {
    alive: async ({ id, queues, temporalProblems }) => {
      await sql`
        with gone as (delete from workers where seen_at < clock_timestamp() - ${keptHours} * interval '1 hour')
        insert into workers (id, queues, temporal_problems, started_at, seen_at)
        values (${id}, ${json(queues)}, ${json(temporalProblems)}, clock_timestamp(), clock_timestamp())
        on conflict (id) do update
        set queues = excluded.queues, temporal_problems = excluded.temporal_problems, seen_at = excluded.seen_at`.execute(
        db,
      );
    },
    list: async () => {
      const { rows } = await sql<WorkerRecord>`
        select id, queues, temporal_problems as "temporalProblems", started_at as "startedAt", seen_at as "seenAt",
          (extract(epoch from clock_timestamp() - seen_at) * 1000)::float8 as "ageMs"
        from workers order by seen_at desc limit ${most}`.execute(db);
      return rows;
    },
  };
}
