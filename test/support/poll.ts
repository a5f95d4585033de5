import { setTimeout as sleep } from 'node:timers/promises';

/** Polls compete with the polled work for the same two cores, so the pause grows with the waiting time. */
const pauses = { firstMs: 10, growth: 1.5, mostMs: 100 };

/**
 * Calls `ask` until it returns a value other than null, for at most `timeoutMs`; then throws an error that names
 * `what`.
 */
export async function poll<T>(what: string, timeoutMs: number, ask: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = pauses.firstMs; ; pauseMs = Math.min(pauseMs * pauses.growth, pauses.mostMs)) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(pauseMs);
  }
}
