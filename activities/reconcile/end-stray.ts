import { isTerminalJobState } from '@artenic/core';
import { assertNever } from '../../core/assert-never.ts';
import { isArtenicError } from '../../core/errors.ts';
import { parseAttemptId } from '../../core/ids.ts';
import type { StrayReason } from '@artenic/core';
import { trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import type { SweepActivities } from '../contracts/index.ts';
import type { ReconcileDeps } from '../deps.ts';
import { describeIfKnown, endInstance, recordBilledTimes } from '../launching/end-instance.ts';
import type { InstanceHandle, Provider } from '../providers/provider.ts';
import { providerNamed } from './survey.ts';

type Outcome = Awaited<ReturnType<SweepActivities['endStray']>>;

export async function endStray(deps: ReconcileDeps, handle: InstanceHandle, reason: StrayReason): Promise<Outcome> {
  const { store, now } = deps;
  const provider = providerNamed(deps, handle.provider);
  if (!(await isStillStray(deps, handle, reason))) return { outcome: 'owned' };
  if (!(await isGone(deps, provider, handle))) {
    await store.reconcile.denyTermination(handle.attemptId);
    try {
      const left = await endInstance(store, provider, handle, (refusal) =>
        store.reconcile.strayTried(handle, now(), refusal),
      );
      if (left !== 'gone') return { outcome: 'asked' };
    } catch (error) {
      // the stray is recorded, and each following sweep tries again
      if (isArtenicError(error)) return { outcome: 'refused' };
      throw error;
    }
  }
  await store.reconcile.strayResolved(handle, now());
  return { outcome: 'gone' };
}

/** Only a clear report of the provider counts; an instance of unknown state is terminated. */
async function isGone({ store }: ReconcileDeps, provider: Provider, handle: InstanceHandle): Promise<boolean> {
  try {
    const found = await describeIfKnown(provider, handle);
    if (found !== null) await recordBilledTimes(store, found);
    return found === null || found.state === 'gone';
  } catch (error) {
    if (isArtenicError(error)) return false;
    throw error;
  }
}

/** Checks again, because a row, a workflow or a launch may have appeared since the survey. */
async function isStillStray(deps: ReconcileDeps, handle: InstanceHandle, reason: StrayReason): Promise<boolean> {
  const row = await deps.store.attempts.find(handle.attemptId);
  switch (reason) {
    case 'unknown-attempt':
      return row === null;
    case 'attempt-settled':
      return row !== null && row.ending !== null;
    case 'duplicate':
      return row !== null && row.handle?.instanceId !== handle.instanceId;
    case 'abandoned':
      return row !== null && (row.ending !== null || (await isAbandoned(deps, handle.attemptId)));
    case 'not-ending':
      return row !== null && row.terminateTriedAt !== null && row.handle?.instanceId === handle.instanceId;
    default:
      return assertNever(reason);
  }
}

/**
 * Whether no workflow of the attempt is open and none can return: the job has ended, or its open workflow
 * would have taken it over.
 */
export async function isAbandoned(
  { store, describeWorkflow }: Pick<ReconcileDeps, 'store' | 'describeWorkflow'>,
  attemptId: string,
): Promise<boolean> {
  const jobId = parseAttemptId(attemptId)?.jobId;
  if (jobId === undefined || (await describeWorkflow(attemptId)) === 'open') return false;
  const { state } = await store.jobs.get(jobId);
  return isTerminalJobState(state) || (await describeWorkflow(trainingJobWorkflowId(jobId))) === 'open';
}
