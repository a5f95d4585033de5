import { asyncLocalStorage } from '@temporalio/activity';
import { ArtenicError } from '../../core/errors.ts';
import type { ActingStore } from '../../store/types.ts';

/** A dead holder's lease delays its successor by no more than this. */
const leaseMs = 10_000;
/** Two renewals may fail before the lease is lost. */
const renewalMs = 3000;

/**
 * Allows one launch of an attempt at a time. A workflow that was reset launches while the call of its earlier run is
 * still under way, and neither call finds the other's new instance in the provider's list.
 */
export async function launchAlone<Result>(
  { attempts }: Pick<ActingStore, 'attempts'>,
  attemptId: string,
  launch: () => Promise<Result>,
): Promise<Result> {
  const info = asyncLocalStorage.getStore()?.info;
  const { runId } = info?.workflowExecution ?? { runId: 'none' };
  const holder = `${runId}/${info?.activityId ?? 'none'}/${info?.attempt ?? 1}`;
  const leftMs = await attempts.leaseLaunch(attemptId, holder, leaseMs);
  if (leftMs !== null) {
    throw new ArtenicError('not-ready', `Another call is launching ${attemptId}.`, { retryAfterMs: leftMs + 1 });
  }
  const renewing = setInterval(() => {
    // a failed renewal is covered by the next one; when all fail, the lease expires
    attempts.renewLaunchLease(attemptId, holder, leaseMs).catch(() => undefined);
  }, renewalMs);
  try {
    return await launch();
  } finally {
    clearInterval(renewing);
    await attempts.endLaunchLease(attemptId, holder);
  }
}
