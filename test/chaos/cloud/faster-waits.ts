import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

const timesFaster = 20;
const leastWaitMs = 50;

/** Part of the workflow bundle of mass tests only: workflow timers are divided by `timesFaster`. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      startTimer: (input, next) =>
        // The failover waits until a time of its policy's clock, which is real time.
        workflowInfo().workflowType === 'spotFailover'
          ? next(input)
          : next({ ...input, durationMs: Math.max(leastWaitMs, input.durationMs / timesFaster) }),
    },
  ],
});
