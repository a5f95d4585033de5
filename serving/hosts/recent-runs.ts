/** Odd: the one in the middle is the median. With 15 runs of 1 ms, other work on the machine doubled it at times. */
const remembered = 63;
/** Of long runs a few tell enough. */
const enough = { runs: 5, totalMs: 250 };

/** What the last runs of a model took in its process. The median, so that runs that were disturbed change nothing. */
export class RecentRuns {
  #runs: readonly number[] = [];
  #medianMs: number | null = null;

  /** Null until there have been enough. */
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
