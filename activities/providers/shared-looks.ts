import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceDescription, InstanceHandle, Provider } from './provider.ts';

/** Looks that come within so long of each other become one. */
const gatherMs = 200;
/** A picture serves for this share of the interval, so that each look is answered by one that is younger than its last. */
const freshShare = 0.8;
/** A machine that has not been asked about for so many intervals is looked at no more. */
const forgottenAfter = 3;

type Seen = {
  readonly handle: InstanceHandle;
  readonly description: InstanceDescription | null;
  readonly seenMs: number;
  askedMs: number;
};
type Many = NonNullable<Provider['describeMany']>;

/**
 * One look at all machines of a provider that this process watches, shared by all their watches: those that come soon after it
 * are answered from it. One request is under way at a time, so that a provider that is slow or away is not asked more often.
 */
export class SharedLooks {
  readonly #describeMany: Many;
  readonly #intervalMs: number;
  readonly #seen = new Map<string, Seen>();
  #wanted = new Map<string, InstanceHandle>();
  #next: Promise<void> | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(describeMany: Many, intervalMs: number) {
    this.#describeMany = describeMany;
    this.#intervalMs = intervalMs;
  }

  /** Null when the provider did not show it. Neither that nor `gone` is proof: a look at that machine alone is. */
  async look(handle: InstanceHandle): Promise<InstanceDescription | null> {
    const key = keyOf(handle);
    const nowMs = performance.now();
    const known = this.#seen.get(key);
    if (known !== undefined) known.askedMs = nowMs;
    if (known !== undefined && nowMs - known.seenMs < this.#intervalMs * freshShare) return known.description;
    this.#wanted.set(key, handle);
    this.#next ??= this.#gather();
    await this.#next;
    return this.#seen.get(key)?.description ?? null;
  }

  async #gather(): Promise<void> {
    await sleep(gatherMs);
    await this.#running;
    const wanted = this.#wanted;
    this.#wanted = new Map();
    this.#next = null;
    const asked = this.#ask(wanted);
    // a failure is told to those who wait for this look, and no others
    this.#running = asked.catch(() => undefined);
    await asked;
  }

  async #ask(wanted: Map<string, InstanceHandle>): Promise<void> {
    const nowMs = performance.now();
    for (const [key, { handle, seenMs, askedMs }] of this.#seen) {
      if (nowMs - askedMs > this.#intervalMs * forgottenAfter) this.#seen.delete(key);
      // its own look is soon due
      else if (nowMs - seenMs > (this.#intervalMs * freshShare) / 2) wanted.set(key, handle);
    }
    const found = await this.#describeMany([...wanted.values()]);
    for (const [key, handle] of wanted) {
      const description = found.get(handle.instanceId) ?? null;
      this.#seen.set(key, { handle, description, seenMs: nowMs, askedMs: this.#seen.get(key)?.askedMs ?? nowMs });
    }
  }
}

function keyOf({ region, instanceId, attemptId }: InstanceHandle): string {
  return JSON.stringify([region, instanceId, attemptId]);
}
