import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.ts';

/** How long no job may take a step: more than the longest wait of a step that was given up, on a busy machine. */
const standstillMs = 120_000;
/** How long they may take in all, for jobs that go in circles. */
const endMs = 600_000;

/** How many are not over, and where each job stands: it changes with every step that a row tells of. */
async function standing(plane: ControlPlane, jobIds: readonly string[]): Promise<{ open: number; where: string }> {
  const [row] = await plane.query<{ open: number; where: string }>(
    `select count(*) filter (where finished_at is null)::int as open,
       string_agg(concat_ws(' ', state, progress,
         (select string_agg(concat(state, ended_at), ',' order by attempt) from attempts where job_id = jobs.id),
         (select count(*) from decisions where job_id = jobs.id)
       ), ';' order by id) as where
     from jobs where id = any ($1)`,
    [jobIds],
  );
  return row ?? { open: 0, where: '' };
}

/**
 * Until every job is over, or none of them gets on any more. How long a batch takes says how fast the machine is, and
 * how many processes die in it; a lost job is one that stands still.
 */
export async function untilOver(plane: ControlPlane, jobIds: readonly string[]): Promise<void> {
  const startedMs = Date.now();
  let last = { where: '', atMs: startedMs };
  for (;;) {
    const { open, where } = await standing(plane, jobIds);
    const nowMs = Date.now();
    if (where !== last.where) last = { where, atMs: nowMs };
    if (open === 0 || nowMs - last.atMs > standstillMs || nowMs - startedMs > endMs) return;
    await sleep(200);
  }
}
