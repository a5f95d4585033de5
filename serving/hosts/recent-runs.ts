/** Odd, so that the middle run is the median. With 15 runs of 1 ms, other work on the machine sometimes doubled it. */
const remembered = 63;
/** A few long runs are enough. */
const enough = { runs: 5, totalMs: 250 };

/** Durations of a model's last runs in its process. Uses the median, so that disturbed runs have no effect. */
export class RecentRuns {
  #runs: readonly number[] = [];
  #medianMs: number | null = null;

  /** Null until there are enough runs. */
  get medianMs(): number | null {
    return this.#medianMs;
  }

  add(tookMs: number): void {
    this.#runs = [...this.#runs, tookMs].slice(-remembered);
    const totalMs = this.#runs.reduce((sum, ms) => sum + ms, 0);
    const count = this.#runs.length;
    if (count < remembered && (count < enough.runs || totalMs < enough.totalMs)) return;
    this.#medianMs = this.#runs.toSorted((one, other) => one - other)[Math.floor(count / 2)] ?? null;
  }
}
