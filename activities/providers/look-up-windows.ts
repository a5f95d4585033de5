import { ArtenicError } from '../../core/errors.ts';

const shortestPauseMs = 500;
const looksInAWindow = 10;
/** Elapsed windows are kept for longer than any pause between two tries of one launch. */
const rememberedMs = 600_000;

/**
 * Tracks attempts whose instance may exist although the provider does not show it yet. A launch that has to wait frees
 * its activity slot and is retried; the windows outlive these tries. Each process keeps its own windows, so a retry in
 * another process only waits longer.
 */
export class LookUpWindows {
  readonly #endsMs = new Map<string, number>();

  /** Starts a window after a call whose answer was lost. An instance of that call becomes visible within the window. */
  begin(attemptId: string, windowMs: number): void {
    const nowMs = performance.now();
    for (const [id, endMs] of this.#endsMs) if (endMs + rememberedMs < nowMs) this.#endsMs.delete(id);
    this.#endsMs.set(attemptId, nowMs + windowMs);
  }

  /** Throws `not-ready` until the attempt's window is over. Starts a window if the attempt has none. */
  refuseUntilOver(attemptId: string, windowMs: number): void {
    if (!this.#endsMs.has(attemptId)) this.begin(attemptId, windowMs);
    const leftMs = (this.#endsMs.get(attemptId) ?? 0) - performance.now();
    if (leftMs <= 0) return;
    const pauseMs = Math.max(shortestPauseMs, windowMs / looksInAWindow);
    throw new ArtenicError('not-ready', `What was made for ${attemptId} may not be shown yet.`, {
      retryAfterMs: Math.ceil(Math.min(leftMs, pauseMs)),
    });
  }
}
