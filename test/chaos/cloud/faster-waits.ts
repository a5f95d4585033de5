import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

const timesFaster = 20;
const leastWaitMs = 50;

/** Part of the workflow bundle of mass tests only: workflows wait a twentieth of what they wish to. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      startTimer: (input, next) =>
        // the failover waits until a time of its policy's clock, which is the real one
        workflowInfo().workflowType === 'spotFailover'
          ? next(input)
          : next({ ...input, durationMs: Math.max(leastWaitMs, input.durationMs / timesFaster) }),
    },
  ],
});
