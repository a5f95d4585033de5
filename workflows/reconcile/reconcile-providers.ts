import { proxyActivities, TemporalFailure } from '@temporalio/workflow';
import type { RepairActivities, SweepActivities, SweepOutcome, SweepPlan } from '../../activities/contracts/index.ts';
import { heartbeatTimeout } from '../activity-proxies.ts';
import { lifecycleQueue, type ProviderInput } from '../contracts/index.ts';
import { describeFailure } from '../failures.ts';
import { Timeline } from '../training/timeline.ts';

/** Unlimited tries: without PostgreSQL there is nothing to compare, and the next sweep would fail as well. */
const repair = proxyActivities<Omit<RepairActivities, 'settleAbandoned'>>({
  startToCloseTimeout: '60s',
  heartbeatTimeout,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** Asks the provider for remaining instances, so it runs on the provider's queue. */
function settlementOf(provider: string): Pick<RepairActivities, 'settleAbandoned'> {
  return proxyActivities<Pick<RepairActivities, 'settleAbandoned'>>({
    taskQueue: lifecycleQueue(provider),
    summary: `settlement by ${provider}`,
    startToCloseTimeout: '60s',
    heartbeatTimeout,
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
  });
}

function sweepOf(provider: string): SweepActivities {
  return proxyActivities<SweepActivities>({
    taskQueue: lifecycleQueue(provider),
    summary: `sweep of ${provider}`,
    // time for a list of thousands over several pages, and for a query of each one's workflow
    startToCloseTimeout: '120s',
    heartbeatTimeout,
    // without a worker on this queue the sweep fails instead of waiting, and the next sweep follows
    scheduleToCloseTimeout: '300s',
    // an outage of a provider lasts longer than a minute; the next sweep is the retry
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
  });
}

/** A sweep: compares the provider's list, the attempt rows and Temporal's workflows, and acts on the differences. */
export async function reconcileProviders({ provider }: ProviderInput): Promise<SweepOutcome | null> {
  const startedAt = new Date().toISOString();
  const timeline = new Timeline(`Reconciling ${provider}`, { Provider: provider });
  try {
    const plan = await sweepOf(provider).surveyProvider({ provider });
    timeline.log(describePlan(plan));
    const outcome = await carryOut(provider, plan, timeline);
    await repair.recordSweep({ provider, startedAt, result: { plan, outcome } });
    return outcome;
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    const { type, message } = describeFailure(error);
    timeline.log(`${type}: ${message}`);
    await repair.recordSweep({ provider, startedAt, result: { error: `${type}: ${message}` } });
    return null;
  }
}

/** Instances go first: an attempt is settled only when nothing is left of its instance. */
async function carryOut(provider: string, plan: SweepPlan, timeline: Timeline): Promise<SweepOutcome> {
  const ended = await Promise.all(
    plan.terminate.map(async (stray) => {
      const { outcome } = await sweepOf(provider).endStray(stray);
      timeline.log(`${stray.handle.instanceId} (${stray.reason}): ${outcome}`);
      return outcome;
    }),
  );
  const settled = await Promise.all(
    plan.settle.map((attemptId) => settlementOf(provider).settleAbandoned({ attemptId })),
  );
  const restarted = await Promise.all(
    plan.restart.map(async (jobId) => {
      const result = await repair.restartJob({ jobId });
      if (result.restarted) timeline.log(`the workflow of job ${jobId} was lost and is started again`);
      return result;
    }),
  );
  return {
    terminated: ended.filter((one) => one === 'gone').length,
    refused: ended.filter((one) => one === 'refused').length,
    settled: settled.filter((one) => one.settled).length,
    restarted: restarted.filter((one) => one.restarted).length,
  };
}

function describePlan({ seen, terminate, settle, restart, confirmed }: SweepPlan): string {
  const { instances, attempts, strays } = seen;
  const found = `${instances} instances and ${attempts} attempts compared`;
  return `${found}: ${strays} should not be there, ${terminate.length} to terminate, ${settle.length} to settle, ${restart.length} to start again, ${confirmed} proved gone`;
}
