/** State of one model's queue at the time of a decision. Times are milliseconds of one clock. */
export type QueueState = {
  readonly nowMs: number;
  readonly rows: number;
  readonly jobs: number;
  readonly oldestArrivalMs: number;
  readonly oldestDeadlineMs: number;
  /** Number of simultaneous callers lately; when all of them wait, no further job is expected. */
  readonly expectedJobs: number;
  /** Recent duration of one batch run; 0 before the first. */
  readonly runMs: number;
};
export type BatchPolicy = {
  /** Most rows of one batch. Higher: more throughput, and more to run again when one row fails. */
  readonly maxRows: number;
  /** Longest wait for more jobs. Higher: fuller batches at medium load; the wait is added to the latency. */
  readonly maxDelayMs: number;
};
export const defaultPolicy: BatchPolicy = { maxRows: 32, maxDelayMs: 2 };

/** Delay before a free host takes the next batch; 0 means run now. */
export function flushDelayMs(queue: QueueState, policy: BatchPolicy): number {
  if (queue.rows >= policy.maxRows || queue.jobs >= queue.expectedJobs) return 0;
  const company = queue.oldestArrivalMs + policy.maxDelayMs - queue.nowMs;
  const deadline = queue.oldestDeadlineMs - queue.runMs - queue.nowMs;
  return Math.max(0, Math.min(company, deadline));
}

/** Number of callers to expect: rises at once, and falls slowly when fewer arrive. */
export function expectedJobsAfter(previous: number, jobsUnderWay: number): number {
  return Math.max(1, jobsUnderWay, previous * 0.8);
}

type Batchable = { readonly rows: number; readonly key: string | null };

/**
 * Number of jobs from the head of the queue that run together: the jobs that fit behind the first, in order of arrival.
 * A job without a key, or with more rows than the limit, runs alone.
 */
export function batchSize(queue: readonly Batchable[], maxRows: number): number {
  const [first] = queue;
  if (first === undefined) return 0;
  if (first.key === null) return 1;
  let rows = first.rows;
  let count = 1;
  for (; count < queue.length; count++) {
    const next = queue[count];
    if (next === undefined || next.key !== first.key || rows + next.rows > maxRows) break;
    rows += next.rows;
  }
  return count;
}

export type Load = {
  /** Batches that wait or already run. */
  readonly batchesAhead: number;
  readonly hosts: number;
  /** Recent duration of one batch run; 0 before the first. */
  readonly runMs: number;
  readonly remainingMs: number;
};
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly retryAfterMs: number };

/** Refuses a job whose answer would come too late, with the time after which the queue will be short enough. */
export function admit({ batchesAhead, hosts, runMs, remainingMs }: Load): Admission {
  const answerMs = (Math.ceil(batchesAhead / Math.max(1, hosts)) + 1) * runMs;
  return answerMs <= remainingMs ? { admitted: true } : { admitted: false, retryAfterMs: answerMs - remainingMs };
}

/** Exponential moving average: older samples weigh less. */
export function smoothed(previous: number, sample: number): number {
  return previous === 0 ? sample : previous * 0.8 + sample * 0.2;
}

/**
 * Longest run before its host is killed. A batch gets half of the deadline, each half of it a quarter, and so on. So
 * after a row that never ends, there is time to find it and to answer the others.
 */
export function runBudgetMs(jobs: number, jobsOfBatch: number, deadlineMs: number): number {
  return jobs > 1 ? (deadlineMs * jobs) / (2 * jobsOfBatch) : deadlineMs;
}

/** Longest run during which a second batch is sent ahead, so that a host never waits for its next batch. */
const aheadMs = 20;

/**
 * Number of batches that a process may have at once. Only full batches are sent ahead: a smaller one may still be
 * filled.
 */
export function batchesAtOnce(queue: { readonly rows: number; readonly runMs: number }, maxRows: number): 1 | 2 {
  return queue.runMs > 0 && queue.runMs <= aheadMs && queue.rows >= maxRows ? 2 : 1;
}

/** For runs at least this long, the API's own work per batch is small in comparison (docs/decisions/010). */
const longRunMs = 2.5;

/**
 * Most processes of one model that keep `cores` busy. The last core is for the API, which reads and writes every
 * request; one more process uses it only when runs are long. `runMs` is null until enough runs have been seen.
 */
export function hostsForCores(cores: number, runMs: number | null): number {
  return runMs !== null && runMs >= longRunMs ? cores : Math.max(1, cores - 1);
}

/** True when one more process would be used: no host is free, and a whole batch waits. */
export function wantsHost(pool: {
  readonly hosts: number;
  readonly freeHosts: number;
  readonly maxHosts: number;
  readonly waitingRows: number;
  readonly maxRows: number;
}): boolean {
  if (pool.hosts === 0) return pool.waitingRows > 0;
  return pool.freeHosts === 0 && pool.hosts < pool.maxHosts && pool.waitingRows >= pool.maxRows;
}

type Outcome<R> = { readonly answer: R; readonly error: null } | { readonly answer: null; readonly error: Error };

/**
 * Runs all items together; when that fails, halves them repeatedly until the failing item is alone. With k failing
 * items of n this takes at most 1 + 2k·⌈log2 n⌉ runs. Errors of `run` that the items cause are isolated; any other
 * error ends the search.
 */
export async function isolate<T, R>(
  items: readonly T[],
  run: (items: readonly T[]) => Promise<readonly R[]>,
  isTheirFault: (error: unknown) => error is Error,
): Promise<readonly Outcome<R>[]> {
  try {
    return (await run(items)).map((answer) => ({ answer, error: null }));
  } catch (error) {
    if (!isTheirFault(error)) throw error;
    if (items.length === 1) return [{ answer: null, error }];
    const middle = Math.ceil(items.length / 2);
    const left = await isolate(items.slice(0, middle), run, isTheirFault);
    return [...left, ...(await isolate(items.slice(middle), run, isTheirFault))];
  }
}
