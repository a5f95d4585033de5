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
 * The target hears of the job's end once, however often it asks, and also when the job has ended already. The row's lock
 * keeps the job from ending between the look and the watcher's row. @throws ArtenicError `not-found`, `conflict`
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
