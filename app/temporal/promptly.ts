import { setTimeout as sleep } from 'node:timers/promises';

/** Callers are promised an answer within two seconds, and the request is stored already. */
const patienceMs = 1000;

/**
 * Waits at most a second for a notification to Temporal. The notification continues afterwards, and the relay sends it again
 * if it fails.
 * @param telling must never reject: it logs its own failure
 */
export async function promptly(telling: Promise<void>): Promise<void> {
  const over = new AbortController();
  const pause = sleep(patienceMs, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([telling, pause]);
  over.abort();
}
