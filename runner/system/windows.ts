import type { Measured, SystemWindow } from '@artenic/core';

/** Seconds of a window by the age of the attempt: a day has at most 60 + 1,430 windows, later days 288. */
const lengths = [
  { untilMs: 600_000, seconds: 10 },
  { untilMs: 86_400_000, seconds: 60 },
] as const;
const longestSeconds = 300;

function windowSeconds(ageMs: number): number {
  return lengths.find(({ untilMs }) => ageMs < untilMs)?.seconds ?? longestSeconds;
}

/** A training may halt or the clock may be set: a window never claims more than an hour. */
const mostSeconds = 3600;

type Sum = { least: number; greatest: number; sum: number; count: number };

/** Sums samples up to windows. */
export class Windows {
  readonly #startMs: number;
  #fromMs: number;
  #sums = new Map<string, Sum>();

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#fromMs = startMs;
  }

  /** Returns the window that ends with this sample; null while the window is open. Times are of one steady clock. */
  add(nowMs: number, values: Readonly<Record<string, number>>): Omit<SystemWindow, 'at'> | null {
    for (const [name, value] of Object.entries(values)) {
      if (!Number.isFinite(value) || value < 0) continue;
      const sum = this.#sums.get(name) ?? { least: value, greatest: value, sum: 0, count: 0 };
      sum.least = Math.min(sum.least, value);
      sum.greatest = Math.max(sum.greatest, value);
      sum.sum += value;
      sum.count++;
      this.#sums.set(name, sum);
    }
    // Timers are not exact: half a second early is in time.
    const isDue = nowMs - this.#fromMs >= windowSeconds(this.#fromMs - this.#startMs) * 1000 - 500;
    return isDue ? this.end(nowMs) : null;
  }

  /** Ends the open window; null when nothing was measured in it. */
  end(nowMs: number): Omit<SystemWindow, 'at'> | null {
    const seconds = Math.min(mostSeconds, Math.max(1, Math.round((nowMs - this.#fromMs) / 1000)));
    const values = Object.fromEntries(
      [...this.#sums].map(([name, { least, greatest, sum, count }]): [string, Measured] => [
        name,
        [tidy(least), tidy(sum / count), tidy(greatest)],
      ]),
    );
    this.#fromMs = nowMs;
    this.#sums = new Map();
    return Object.keys(values).length === 0 ? null : { seconds, values };
  }
}

/** Percentages with one decimal, bytes whole. */
function tidy(value: number): number {
  return value < 1000 ? Math.round(value * 10) / 10 : Math.round(value);
}
