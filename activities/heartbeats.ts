import { asyncLocalStorage } from '@temporalio/activity';

/** More than one, because a heartbeat may be lost. */
const beatsPerTimeout = 3;

/**
 * Sends heartbeats to Temporal's server while this process works on the activity, if the workflow has set a heartbeat
 * timeout. Without heartbeats the death of a worker is noticed only when the step's whole time is over.
 */
export async function withHeartbeats<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = asyncLocalStorage.getStore();
  const timeoutMs = context?.info.heartbeatTimeoutMs;
  // a local activity runs within a workflow task and has no heartbeats
  if (context === undefined || context.info.isLocal || timeoutMs === undefined || timeoutMs === 0) return work();
  const timer = setInterval(() => context.heartbeat(), timeoutMs / beatsPerTimeout);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
