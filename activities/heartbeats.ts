import { asyncLocalStorage } from '@temporalio/activity';

/** One may be lost on its way. */
const beatsPerTimeout = 3;

/**
 * Lets Temporal's server know that this process still works on the activity, where the workflow has set a heartbeat
 * timeout: without it the death of a worker is noticed only when the step's whole time is over.
 */
export async function withHeartbeats<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = asyncLocalStorage.getStore();
  const timeoutMs = context?.info.heartbeatTimeoutMs;
  // within a workflow task there is nobody to tell
  if (context === undefined || context.info.isLocal || timeoutMs === undefined || timeoutMs === 0) return work();
  const timer = setInterval(() => context.heartbeat(), timeoutMs / beatsPerTimeout);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
