import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceDescription, InstanceHandle, Provider } from './provider.ts';

/** Looks requested within this time of each other share one request. */
const gatherMs = 200;
/** A result is reused for this share of the interval, so each look of a watch gets a newer result than its last. */
const freshShare = 0.8;
/** A machine is dropped after this many intervals without a look. */
const forgottenAfter = 3;

type Seen = {
  readonly handle: InstanceHandle;
  readonly description: InstanceDescription | null;
  readonly seenMs: number;
  askedMs: number;
};
type Many = NonNullable<Provider['describeMany']>;

/**
 * Shares one look at all machines of a provider among the watches of this process; looks that follow soon are answered
 * from its result. Only one request runs at a time, so a slow or unreachable provider is not asked more often.
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

  /** Null if the provider did not show the machine. Neither null nor `gone` is proof; `describe` of that machine is. */
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
    // only callers that wait for this look get its failure
    this.#running = asked.catch(() => undefined);
    await asked;
  }

  async #ask(wanted: Map<string, InstanceHandle>): Promise<void> {
    const nowMs = performance.now();
    for (const [key, { handle, seenMs, askedMs }] of this.#seen) {
      if (nowMs - askedMs > this.#intervalMs * forgottenAfter) this.#seen.delete(key);
      // its next look is due soon
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
