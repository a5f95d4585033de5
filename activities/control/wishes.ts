import { isTerminalJobState } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import type { StopReason } from '../../core/jobs/stop-reasons.ts';
import type { ControlActivities } from '../contract.ts';
import type { ControlDeps } from '../deps.ts';

/** The runner reads the wish with its next heartbeat. */
export async function requestStop(
  { store, now }: ControlDeps,
  attemptId: string,
  reason: StopReason,
): Promise<{ readonly graceMs: number }> {
  const { jobId } = await store.attempts.get(attemptId);
  const { spec } = await store.jobs.get(jobId);
  await store.attempts.requestStop(attemptId, reason);
  await store.attempts.advance(attemptId, 'stopping', now());
  return { graceMs: spec.stopGraceSeconds * 1000 };
}

export async function readCancelIntent(
  { store }: ControlDeps,
  { jobId, attemptId }: Parameters<ControlActivities['readCancelIntent']>[0],
): ReturnType<ControlActivities['readCancelIntent']> {
  const job = await store.jobs.get(jobId);
  const attempt = attemptId === undefined ? null : await store.attempts.find(attemptId);
  return {
    requested: job.cancelRequestedAt !== null || isTerminalJobState(job.state),
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
