import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for `pauseMs`, or returns early when `signal` aborts. */
export async function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(pauseMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
