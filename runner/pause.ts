import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or returns early when `signal` says so. */
export async function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(pauseMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
