import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.ts';

/**
 * Longest time without a step of any job: more than the longest wait after a step that timed out, on a busy machine.
 */
const standstillMs = 120_000;
/** Longest time in all, for jobs that repeat the same steps endlessly. */
const endMs = 600_000;

/** Number of open jobs, and the position of each job, which changes with every step that a row records. */
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
 * Waits until every job is over, or no job makes progress. The duration of a batch depends on the machine and on the
 * number of deaths in it; a lost job shows as a standstill.
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
