import { isTerminalJobState } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { parseAttemptId } from '../../core/ids.ts';
import { endingOfStop, type StopReason } from '../../core/jobs/stop-reasons.ts';
import type { CancelIntentInput, ControlActivities } from '../contracts/index.ts';
import type { ControlDeps } from '../deps.ts';

/** Stores the stop request, which the runner reads with its next heartbeat. */
export async function requestStop(
  deps: ControlDeps,
  attemptId: string,
  reason: StopReason,
): Promise<{ readonly graceMs: number }> {
  const { store, now } = deps;
  if (reason === 'not-needed') await endUnopened(deps, attemptId);
  const { jobId } = await store.attempts.get(attemptId);
  const { spec } = await store.jobs.get(jobId);
  await store.attempts.requestStop(attemptId, reason);
  await store.attempts.advance(attemptId, 'stopping', now());
  return { graceMs: spec.stopGraceSeconds * 1000 };
}

/**
 * Handles a job that ends before a replacement's workflow has created its row: creates the row here, with its ending. A
 * later `openAttempt` finds the ending and launches nothing.
 */
async function endUnopened({ store, now }: ControlDeps, attemptId: string): Promise<void> {
  const parts = parseAttemptId(attemptId);
  if (parts === null || (await store.attempts.find(attemptId)) !== null) return;
  const { jobId, attempt } = parts;
  for (const { offer, reason } of await store.decisions.launches(jobId, [attempt])) {
    await store.transaction(async ({ jobs, attempts }) => {
      // the same lock as in `openAttempt`, so that only one of the two creates the row
      await jobs.lock(jobId);
      if ((await attempts.find(attemptId)) !== null) return;
      await attempts.open({ id: attemptId, jobId, attempt, offer, reason, createdAt: now() });
      await attempts.end(attemptId, endingOfStop('not-needed', null), now());
    });
    return;
  }
}

export async function readCancelIntent(
  { store }: ControlDeps,
  { jobId, attemptId }: CancelIntentInput,
): ReturnType<ControlActivities['readCancelIntent']> {
  const job = await store.jobs.get(jobId);
  const attempt = attemptId === undefined ? null : await store.attempts.find(attemptId);
  return {
    requested: job.cancelRequestedAt !== null || isTerminalJobState(job.state),
    ...(job.cancelNowAt === null ? {} : { isNow: true }),
    ...(attempt?.stopRequested === 'not-needed' ? { isNeedless: true } : {}),
  };
}

export async function recordCancelIntent({ store, now }: ControlDeps, jobId: string, by: string): Promise<void> {
  await store.jobs.requestCancel(jobId, by, now());
}

export async function awaitWorkflowClosed({ describeWorkflow }: ControlDeps, workflowId: string): Promise<void> {
  if ((await describeWorkflow(workflowId)) !== 'open') return;
  throw new ArtenicError('not-ready', `The workflow ${workflowId} is still open.`);
}
