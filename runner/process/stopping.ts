import type { RunnerStopReason } from '@artenic/core';

/** `fenced`: another attempt has taken over, and no further result of this one is wanted. */
export type StopReason = RunnerStopReason | 'fenced';

/** Node fires timers with a longer delay at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * The runner's stop request. The first reason stays, except that `fenced` overrides it: then no result is wanted any
 * more.
 */
export class Stopping {
  #reason: StopReason | null = null;
  #deadline: Date | null = null;
  #isNow = false;
  readonly #listeners = new Set<(reason: StopReason) => void>();

  get reason(): StopReason | null {
    return this.#reason;
  }

  /** Time at which the machine ends, if known. */
  get deadline(): Date | null {
    return this.#deadline;
  }

  /** Whether the command gets no grace. */
  get isNow(): boolean {
    return this.#isNow;
  }

  /** Sets the time at which the machine ends. Listeners of an earlier request are called again. */
  requestBy(deadline: Date): void {
    this.#deadline = deadline;
    const { reason } = this;
    if (reason === null) this.request('stop-requested');
    else for (const listener of this.#listeners) listener(reason);
  }

  /** With `isNow` the listeners of an earlier request are called again: the rest of its grace is given up. */
  request(reason: StopReason, isNow = false): void {
    if (this.#reason === 'fenced') return;
    const isFaster = isNow && !this.#isNow;
    this.#isNow ||= isNow;
    const kept = this.#reason === null || reason === 'fenced' ? reason : this.#reason;
    if (this.#reason === kept && !isFaster) return;
    this.#reason = kept;
    for (const listener of this.#listeners) listener(kept);
  }

  requestAt(reason: StopReason, at: Date): { readonly cancel: () => void } {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const leftMs = at.getTime() - Date.now();
      timer =
        leftMs > longestTimerMs
          ? setTimeout(wait, longestTimerMs)
          : setTimeout(() => this.request(reason), Math.max(0, leftMs));
    };
    wait();
    return { cancel: () => clearTimeout(timer) };
  }

  /**
   * Calls the listener at once if a stop is already requested, and again when a deadline is set. Returns the
   * unsubscribe function.
   */
  onRequest(listener: (reason: StopReason) => void): () => void {
    this.#listeners.add(listener);
    if (this.#reason !== null) listener(this.#reason);
    return () => this.#listeners.delete(listener);
  }
}
