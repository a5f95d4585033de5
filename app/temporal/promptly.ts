import { setTimeout as sleep } from 'node:timers/promises';

/** A caller is promised an answer within two seconds; what it asked for is stored already. */
const patienceMs = 1000;

/**
 * Waits a moment for Temporal to hear of what is stored. After that the telling goes on by itself, and the relay tells it
 * again if it fails.
 * @param telling never rejects: it says itself what became of it
 */
export async function promptly(telling: Promise<void>): Promise<void> {
  const over = new AbortController();
  const pause = sleep(patienceMs, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([telling, pause]);
  over.abort();
}
