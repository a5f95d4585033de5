import type { ControlActivities } from '../contract.ts';
import type { ControlDeps } from '../deps.ts';
import { withFailures } from '../failures.ts';
import { awaitDelivery } from './await-delivery.ts';
import { collectAttempt } from './collect-attempt.ts';
import { decideNext } from './decide-next.ts';
import { nextLaunch } from './next-launch.ts';
import { prepareJob } from './prepare-job.ts';
import { awaitCapacity, openAttempt } from './queue-attempt.ts';
import { registerModel } from './register-model.ts';
import { settleAttempt, settleJob } from './settle.ts';
import { warnAttempt } from './warn-attempt.ts';
import { watchJobByWorkflow } from './watch-job.ts';
import { awaitWorkflowClosed, readCancelIntent, recordCancelIntent, requestStop } from './stop-and-cancel.ts';

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
    settleJob: ({ jobId, ...settlement }) => settleJob(deps, jobId, settlement),
    watchJob: ({ jobId }) => watchJobByWorkflow(deps, jobId),
    awaitWorkflowClosed: ({ workflowId }) => awaitWorkflowClosed(deps, workflowId),
  });
}
