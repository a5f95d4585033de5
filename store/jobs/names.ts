import { sql } from 'kysely';
import type { Db } from '../database.ts';

/** Configuration of the service's newest job; null for its first job. */
export async function newestConfig(
  db: Db,
  projectId: string,
  service: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  const { rows } = await sql<{ readonly config: Readonly<Record<string, unknown>> }>`
    select coalesce(spec -> 'config', '{}') as config from jobs
    where project_id = ${projectId} and service = ${service}
    order by created_at desc, id desc limit 1`.execute(db);
  return rows[0]?.config ?? null;
}

/** Gives each number of a service once, also to submits at the same time. */
export async function nextNumber(db: Db, projectId: string, service: string): Promise<number> {
  const { rows } = await sql<{ readonly jobs: number }>`
    insert into service_counters as held (project_id, service, jobs) values (${projectId}, ${service}, 1)
    on conflict (project_id, service) do update set jobs = held.jobs + 1
    returning jobs`.execute(db);
  return rows[0]?.jobs ?? 1;
}
