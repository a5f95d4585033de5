import { ArtenicError } from '../../core/errors.ts';
import {
  admit,
  batchesAtOnce,
  batchSize,
  expectedJobsAfter,
  flushDelayMs,
  smoothed,
  type BatchPolicy,
} from './batching.ts';
import type { ModelFacts } from '../hosts/lane.ts';
import { batchKeyOf, rowsOf, type NamedTensor } from '../tensors/tensors.ts';

/** One request for a model. Times are of `performance.now()`. */
export type Job = {
  /** Checks and encodes the request's inputs as soon as the signature is known. */
  readonly prepare: (facts: ModelFacts) => readonly NamedTensor[];
  readonly arrivalMs: number;
  readonly deadlineMs: number;
  readonly settle: (error: Error | null, answer: readonly NamedTensor[]) => void;
  tensors: readonly NamedTensor[];
  rows: number;
  /** Null: runs alone. */
  key: string | null;
  isOver: boolean;
};

/** Requests in order of arrival, with recent statistics of how fast they are answered. */
export class JobQueue {
  readonly #policy: BatchPolicy;
  #jobs: Job[] = [];
  #rows = 0;
  #expectedJobs = 1;
  #runMs = 0;

  constructor(policy: BatchPolicy) {
    this.#policy = policy;
  }

  get rows(): number {
    return this.#rows;
  }

  /** @throws ArtenicError when the request is wrong, or cannot be answered in time */
  push(job: Job, facts: ModelFacts, hosts: { readonly all: number; readonly busy: number }): void {
    job.tensors = job.prepare(facts);
    const rows = rowsOf(job.tensors);
    const isShareable = facts.hasOwnRows && rows !== null && rows > 0;
    job.rows = isShareable ? rows : 1;
    job.key = isShareable ? batchKeyOf(job.tensors) : null;
    const batches = job.key === null ? this.#jobs.length : Math.ceil(this.#rows / this.#policy.maxRows);
    const admission = admit({
      batchesAhead: batches + hosts.busy,
      hosts: hosts.all,
      runMs: this.#runMs,
      remainingMs: job.deadlineMs - performance.now(),
    });
    if (!admission.admitted) {
      const { retryAfterMs } = admission;
      throw new ArtenicError('unavailable', 'The model has more to do than it can answer in time.', { retryAfterMs });
    }
    this.#jobs.push(job);
    this.#rows += job.rows;
  }

  /** Records the current number of callers, waiting or being answered. */
  callers(underWay: number): void {
    this.#expectedJobs = Math.max(this.#expectedJobs, underWay);
  }

  ran(tookMs: number): void {
    this.#runMs = smoothed(this.#runMs, tookMs);
  }

  /** Delay before the next batch is taken; null when the queue is empty. */
  flushDelayMs(): number | null {
    this.#dropOver();
    const [first] = this.#jobs;
    if (first === undefined) return null;
    if (first.key === null) return 0;
    const state = {
      nowMs: performance.now(),
      rows: this.#rows,
      jobs: this.#jobs.length,
      oldestArrivalMs: first.arrivalMs,
      oldestDeadlineMs: first.deadlineMs,
      expectedJobs: this.#expectedJobs,
      runMs: this.#runMs,
    };
    return flushDelayMs(state, this.#policy);
  }

  get batchesAtOnce(): 1 | 2 {
    if (this.#jobs[0]?.key === null) return 1;
    return batchesAtOnce({ rows: this.#rows, runMs: this.#runMs }, this.#policy.maxRows);
  }

  /** The next batch, without jobs whose deadline has passed. */
  take(underWay: number): readonly Job[] {
    const batch = this.#jobs.splice(0, batchSize(this.#jobs, this.#policy.maxRows));
    this.#rows -= batch.reduce((sum, { rows }) => sum + rows, 0);
    this.#expectedJobs = expectedJobsAfter(this.#expectedJobs, underWay);
    return batch.filter((job) => !job.isOver);
  }

  takeAll(): readonly Job[] {
    this.#rows = 0;
    return this.#jobs.splice(0);
  }

  #dropOver(): void {
    if (this.#jobs[0]?.isOver !== true) return;
    this.#jobs = this.#jobs.filter((job) => !job.isOver);
    this.#rows = this.#jobs.reduce((sum, { rows }) => sum + rows, 0);
  }
}
