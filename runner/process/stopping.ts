import type { RunnerStopReason } from '@artenic/core';

/** `fenced`: another attempt has taken over, and nothing of this one is wanted any more. */
export type StopReason = RunnerStopReason | 'fenced';

/** Timers of Node go off at once beyond this. */
const longestTimerMs = 2 ** 31 - 1;

/** The one wish to stop: the first reason stays, except that `fenced` overrides, because then nothing is wanted any more. */
export class Stopping {
  #reason: StopReason | null = null;
  #deadline: Date | null = null;
  readonly #listeners = new Set<(reason: StopReason) => void>();

  get reason(): StopReason | null {
    return this.#reason;
  }

  /** When the machine ends, if that is known. */
  get deadline(): Date | null {
    return this.#deadline;
  }

  /** The machine ends then. Who has been asked to stop before hears of it again. */
  requestBy(deadline: Date): void {
    this.#deadline = deadline;
    const { reason } = this;
    if (reason === null) this.request('stop-requested');
    else for (const listener of this.#listeners) listener(reason);
  }

  request(reason: StopReason): void {
    if (this.#reason === reason || this.#reason === 'fenced') return;
    if (this.#reason !== null && reason !== 'fenced') return;
    this.#reason = reason;
    for (const listener of this.#listeners) listener(reason);
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

  /** Called at once if the wish is there already, and again when a deadline comes; returns how to stop listening. */
  onRequest(listener: (reason: StopReason) => void): () => void {
    this.#listeners.add(listener);
    if (this.#reason !== null) listener(this.#reason);
    return () => this.#listeners.delete(listener);
  }
}
