import { isTerminalJobState } from '@artenic/core';
import { jobEnded } from '../../core/jobs/ended.ts';
import type { NoticeTarget, PrincipalStore, ProjectPrincipal } from '../../store/types.ts';
import { findJob } from './find.ts';

export type WatchJobDeps = { readonly store: PrincipalStore; readonly now: () => Date };

export type WatchJobInput = {
  readonly principal: ProjectPrincipal;
  readonly jobId: string;
  readonly target: NoticeTarget;
};

/**
 * Sends the job's end to the target once, however often the target asks, even if the job has already ended. The row's
 * lock keeps the job from ending between the check and the insert of the watcher. @throws ArtenicError `not-found`,
 * `conflict`
 */
export async function watchJob(
  { store, now }: WatchJobDeps,
  { principal, jobId, target }: WatchJobInput,
): Promise<void> {
  await findJob(store, principal, jobId);
  await store.as(principal).transaction(async ({ jobs, watchers, outbox }) => {
    const job = await jobs.lock(jobId);
    if (isTerminalJobState(job.state)) await outbox.append(jobEnded(job, job.state), target, now());
    else await watchers.add(jobId, target, now());
  });
}
