/** What the queue of one model knows when it decides. Times are milliseconds of one clock. */
export type QueueState = {
  readonly nowMs: number;
  readonly rows: number;
  readonly jobs: number;
  readonly oldestArrivalMs: number;
  readonly oldestDeadlineMs: number;
  /** How many callers there have been at the same time lately; when all of them wait, nobody else is expected. */
  readonly expectedJobs: number;
  /** What one run of a batch takes lately; 0 before the first. */
  readonly runMs: number;
};
export type BatchPolicy = {
  /** Most rows of one batch. Higher: more throughput, and more to do again when one row fails. */
  readonly maxRows: number;
  /** Longest wait for company. Higher: fuller batches at middling load; it is added to the latency. */
  readonly maxDelayMs: number;
};
export const defaultPolicy: BatchPolicy = { maxRows: 32, maxDelayMs: 2 };

/** How long a free host leaves the queue alone: 0 means run now. */
export function flushDelayMs(queue: QueueState, policy: BatchPolicy): number {
  if (queue.rows >= policy.maxRows || queue.jobs >= queue.expectedJobs) return 0;
  const company = queue.oldestArrivalMs + policy.maxDelayMs - queue.nowMs;
  const deadline = queue.oldestDeadlineMs - queue.runMs - queue.nowMs;
  return Math.max(0, Math.min(company, deadline));
}

/** The number of callers to expect: rises at once, and falls slowly when fewer come. */
export function expectedJobsAfter(previous: number, jobsUnderWay: number): number {
  return Math.max(1, jobsUnderWay, previous * 0.8);
}

type Batchable = { readonly rows: number; readonly key: string | null };

/**
 * How many jobs from the head of the queue run together: those that fit behind the first, in order of arrival. A job
 * without a key, or with more rows than a batch has, runs alone.
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
  /** Batches that wait or run already. */
  readonly batchesAhead: number;
  readonly hosts: number;
  /** What one run of a batch takes lately; 0 before the first. */
  readonly runMs: number;
  readonly remainingMs: number;
};
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly retryAfterMs: number };

/** Lets nobody wait for an answer that would come too late: who would, is told when the queue will be short enough. */
export function admit({ batchesAhead, hosts, runMs, remainingMs }: Load): Admission {
  const answerMs = (Math.ceil(batchesAhead / Math.max(1, hosts)) + 1) * runMs;
  return answerMs <= remainingMs ? { admitted: true } : { admitted: false, retryAfterMs: answerMs - remainingMs };
}

/** The mean of late, in which an old sample counts less and less. */
export function smoothed(previous: number, sample: number): number {
  return previous === 0 ? sample : previous * 0.8 + sample * 0.2;
}

/**
 * How long a run may take before its host is killed. A batch gets half of the time and every half of it a quarter and so
 * on, so that after a row that never ends there is time to find it and to answer the others.
 */
export function runBudgetMs(jobs: number, jobsOfBatch: number, deadlineMs: number): number {
  return jobs > 1 ? (deadlineMs * jobs) / (2 * jobsOfBatch) : deadlineMs;
}

/** Longest run during which a second batch is sent ahead, so that a host never waits for its next one. */
const aheadMs = 20;

/** How many batches a process may have at once. Only full ones are sent ahead: others may still find company. */
export function batchesAtOnce(queue: { readonly rows: number; readonly runMs: number }, maxRows: number): 1 | 2 {
  return queue.runMs > 0 && queue.runMs <= aheadMs && queue.rows >= maxRows ? 2 : 1;
}

/** From here on, what the API does for a batch is small beside its run (docs/decisions/010). */
const longRunMs = 2.5;

/**
 * Most processes of one model that `cores` put to use. The last core is the API's, which reads and writes every request;
 * one more process takes it only when runs are long. `runMs` is null until enough runs have been seen.
 */
export function hostsForCores(cores: number, runMs: number | null): number {
  return runMs !== null && runMs >= longRunMs ? cores : Math.max(1, cores - 1);
}

/** Whether one more process would be put to use: nobody is free, and a whole batch waits. */
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
 * Runs all items together; when that fails, halves again and again until the failure stands alone. With k failing items
 * of n this takes at most 1 + 2k·⌈log2 n⌉ runs. `run` throws what concerns its items; anything else ends the search.
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
