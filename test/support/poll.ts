import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until there is an answer other than null, at most `timeoutMs`; then says what it waited for. */
export async function poll<T>(what: string, timeoutMs: number, ask: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(25);
  }
}
