import type { ControlActivities } from './contracts/index.ts';
import type { ControlDeps } from './deps.ts';
import { withFailures } from './failures.ts';
import { awaitDelivery } from './attempts/await-delivery.ts';
import { collectAttempt } from './attempts/collect.ts';
import { decideNext } from './failover/decide-next.ts';
import { nextLaunch } from './failover/next-launch.ts';
import { prepareJob } from './jobs/prepare.ts';
import { awaitCapacity, openAttempt } from './attempts/queue.ts';
import { commitOutputs } from './jobs/commit-outputs.ts';
import { registerModel } from './models/register-model.ts';
import { settleAttempt, settleJob } from './jobs/settle.ts';
import { warnAttempt } from './attempts/warn.ts';
import { watchJobByWorkflow } from './jobs/watch.ts';
import { awaitWorkflowClosed, readCancelIntent, recordCancelIntent, requestStop } from './failover/stop-and-cancel.ts';

export function createControlActivities(deps: ControlDeps): ControlActivities {
  return withFailures<ControlActivities>({
    prepareJob: ({ jobId }) => prepareJob(deps, jobId),
    decideNext: (input) => decideNext(deps, input),
    openAttempt: (input) => openAttempt(deps, input),
    nextLaunch: (input) => nextLaunch(deps, input),
    awaitCapacity: ({ attemptId }) => awaitCapacity(deps, attemptId),
    requestStop: ({ attemptId, reason }) => requestStop(deps, attemptId, reason),
    warnAttempt: ({ attemptId }) => warnAttempt(deps, attemptId),
    awaitDelivery: (input) => awaitDelivery(deps, input),
    collectAttempt: (input) => collectAttempt(deps, input),
    settleAttempt: ({ attemptId, ending }) => settleAttempt(deps, attemptId, ending),
    readCancelIntent: (input) => readCancelIntent(deps, input),
    recordCancelIntent: ({ jobId, by }) => recordCancelIntent(deps, jobId, by),
    registerModel: ({ jobId, attempt }) => registerModel(deps, jobId, attempt),
    commitOutputs: ({ jobId, attempt }) => commitOutputs(deps, jobId, attempt),
    settleJob: ({ jobId, ...settlement }) => settleJob(deps, jobId, settlement),
    watchJob: ({ jobId }) => watchJobByWorkflow(deps, jobId),
    awaitWorkflowClosed: ({ workflowId }) => awaitWorkflowClosed(deps, workflowId),
  });
}
