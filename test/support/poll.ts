import { setTimeout as sleep } from 'node:timers/promises';

/** Looks are for a condition that others work towards, on the same two cores: the longer it takes, the rarer they are. */
const pauses = { firstMs: 10, growth: 1.5, mostMs: 100 };

/** Asks until there is an answer other than null, at most `timeoutMs`; then says what it waited for. */
export async function poll<T>(what: string, timeoutMs: number, ask: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = pauses.firstMs; ; pauseMs = Math.min(pauseMs * pauses.growth, pauses.mostMs)) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(pauseMs);
  }
}
