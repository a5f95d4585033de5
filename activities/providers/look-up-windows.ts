import { ArtenicError } from '../../core/errors.ts';

const shortestPauseMs = 500;
const looksInAWindow = 10;
/** A window that is over says so for longer than any pause between two tries of one launch. */
const rememberedMs = 600_000;

/**
 * Attempts whose instance may exist although the provider does not show it yet. A launch that has to wait for that gives its
 * slot back and is tried again: the windows here outlive its tries. Another process has windows of its own, which only
 * makes the wait longer.
 */
export class LookUpWindows {
  readonly #endsMs = new Map<string, number>();

  /** A call has just lost its answer: what it made comes to light within the window. */
  begin(attemptId: string, windowMs: number): void {
    const nowMs = performance.now();
    for (const [id, endMs] of this.#endsMs) if (endMs + rememberedMs < nowMs) this.#endsMs.delete(id);
    this.#endsMs.set(attemptId, nowMs + windowMs);
  }

  /** Throws `not-ready` until the attempt's window is over, which begins now when none is known. */
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
