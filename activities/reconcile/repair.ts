import { isTerminalJobState } from '@artenic/core';
import { trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import type { SweepRecordInput } from '../contracts/index.ts';
import { collectAttempt } from '../attempts/collect.ts';
import { settleAttempt } from '../jobs/settle.ts';
import type { RepairDeps } from '../deps.ts';
import { describeIfKnown, assertOwnMachine, recordBilledTimes } from '../launching/end-instance.ts';
import { isAbandoned } from './end-stray.ts';
import { providerNamed } from './survey.ts';

export async function settleAbandoned(deps: RepairDeps, attemptId: string): Promise<boolean> {
  const { store, now } = deps;
  const attempt = await store.attempts.get(attemptId);
  const { ending, handle, offer, launchTriedAt } = attempt;
  if (ending !== null || !(await isAbandoned(deps, attemptId))) return false;
  const strays = await store.reconcile.strays(offer.provider, now());
  if (strays.some((stray) => stray.attemptId === attemptId && stray.resolvedAt === null)) return false;
  if (handle !== null || launchTriedAt !== null) {
    const provider = providerNamed(deps, offer.provider);
    await assertOwnMachine(provider, attempt);
    const left = handle === null ? await provider.find(attemptId) : await describeIfKnown(provider, handle);
    if (left !== null) await recordBilledTimes(store, left);
    if (left !== null && left.state !== 'gone') return false;
    if (handle !== null || left !== null) await store.reconcile.confirmTermination([attemptId], now());
  }
  // a finished attempt counts, even if no workflow watched it
  const collected = await collectAttempt(deps, { attemptId, evidence: null, launchError: null });
  await settleAttempt(deps, attemptId, collected);
  return true;
}

export async function restartJob({ store, describeWorkflow, adoptJob }: RepairDeps, jobId: string): Promise<boolean> {
  const job = await store.jobs.get(jobId);
  if (isTerminalJobState(job.state) || (await describeWorkflow(trainingJobWorkflowId(jobId))) === 'open') return false;
  await adoptJob(job);
  return true;
}

export async function recordSweep(
  { store, now }: RepairDeps,
  { provider, startedAt, result }: SweepRecordInput,
): Promise<void> {
  const sweep = { provider, startedAt: new Date(startedAt), finishedAt: now() };
  if ('error' in result) return store.reconcile.finishSweep({ ...sweep, error: result.error });
  const { plan, outcome } = result;
  return store.reconcile.finishSweep({
    ...sweep,
    findings: { ...plan.seen, confirmed: plan.confirmed, ...outcome },
  });
}
