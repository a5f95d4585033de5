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
  const { rows } = await sql<{ readonly lastNumber: number }>`
    insert into services as held (project_id, service, last_number) values (${projectId}, ${service}, 1)
    on conflict (project_id, service) do update set last_number = held.last_number + 1
    returning last_number`.execute(db);
  return rows[0]?.lastNumber ?? 1;
}

/** The services that a search goes through. */
export async function noteService(db: Db, projectId: string, service: string): Promise<void> {
  const row = { projectId, service, lastNumber: 0 };
  await db
    .insertInto('services')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
