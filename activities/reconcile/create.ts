import type { RepairActivities, SweepActivities } from '../contracts/index.ts';
import type { ReconcileDeps, RepairDeps } from '../deps.ts';
import { withFailures } from '../failures.ts';
import { endStray } from './end-stray.ts';
import { recordSweep, restartJob, settleAbandoned } from './repair.ts';
import { surveyProvider } from './survey.ts';

export function createSweepActivities(deps: ReconcileDeps): SweepActivities {
  return withFailures<SweepActivities>({
    surveyProvider: ({ provider }) => surveyProvider(deps, provider),
    endStray: ({ handle, reason }) => endStray(deps, handle, reason),
  });
}

export function createRepairActivities(deps: RepairDeps): RepairActivities {
  return withFailures<RepairActivities>({
    settleAbandoned: async ({ attemptId }) => ({ settled: await settleAbandoned(deps, attemptId) }),
    restartJob: async ({ jobId }) => ({ restarted: await restartJob(deps, jobId) }),
    recordSweep: (input) => recordSweep(deps, input),
  });
}
