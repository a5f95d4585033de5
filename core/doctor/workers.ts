import type { Complaint, Facts, WorkerFacts } from './facts.ts';

/** A worker process reports every 5 s; without a report for this long it counts as gone. */
export const workerGoneAfterMs = 30_000;
const controlQueue = 'control';

/** Time since a live worker served the queue; null if none is known. */
export function workerAgeMs({ workers }: Pick<Facts, 'workers'>, queue: string): number | null {
  const ages = workers.filter(({ queues }) => queues.includes(queue)).map(({ ageMs }) => ageMs);
  return ages.length === 0 ? null : Math.min(...ages);
}

/** Whether no worker serves the queue, and the platform has been up for long enough for one to report. */
function isUnserved(facts: Facts, queue: string): boolean {
  const ageMs = Math.min(workerAgeMs(facts, queue) ?? Number.POSITIVE_INFINITY, facts.nowMs - facts.upSinceMs);
  return ageMs > workerGoneAfterMs;
}

export function isControlUnserved(facts: Facts): boolean {
  return isUnserved(facts, controlQueue);
}

function isBlocked({ workers, isTemporalReachable }: Facts): boolean {
  const isOne = ({ ageMs, temporalProblems }: WorkerFacts): boolean =>
    ageMs <= workerGoneAfterMs && temporalProblems.some(({ kind }) => kind === 'blocked');
  return isTemporalReachable && workers.some(isOne);
}

function sinceMs(facts: Facts, queue: string): number | null {
  const ageMs = workerAgeMs(facts, queue);
  return ageMs === null ? null : facts.nowMs - ageMs;
}

export function ofWorkers(facts: Facts): readonly Complaint[] {
  const { isTemporalReachable, untaken } = facts;
  // A worker that reports why it cannot work needs no second complaint.
  if (isControlUnserved(facts)) return isBlocked(facts) ? [] : [noWorker(facts)];
  const unserved = facts.providers
    .filter(({ name, usable }) => usable && isUnserved(facts, name))
    .map((provider): Complaint => {
      const { name, jobsBlocked } = provider;
      return {
        ...{ id: `worker-gone/${name}`, kind: 'worker-gone', severity: 'critical', subject: name, jobsBlocked },
        ...{ sinceMs: sinceMs(facts, name), provider: name, jobId: null },
        message: `No worker serves ${name}: nothing can be launched or ended there.`,
        advice: `Start a worker that has the options and credentials of ${name}, or look at the log of the one that should run.`,
      };
    });
  if (untaken.jobs === 0 || !isTemporalReachable) return unserved;
  return [...unserved, notTaken(untaken)];
}

function noWorker(facts: Facts): Complaint {
  const ageMs = workerAgeMs(facts, controlQueue);
  const age = ageMs === null ? '' : ` for ${Math.round(ageMs / 1000)} s`;
  return {
    ...{ id: 'worker-gone', kind: 'worker-gone', severity: 'critical', subject: 'worker', provider: null, jobId: null },
    ...{ sinceMs: sinceMs(facts, controlQueue), jobsBlocked: facts.untaken.jobs },
    message: `No worker is running${age}: no job starts, and no attempt is followed or ended.`,
    advice: 'Start the worker, or check its log. Running commands continue, and their reports are kept.',
  };
}

function notTaken({ jobs, sinceMs: since }: Facts['untaken']): Complaint {
  return {
    ...{ id: 'jobs-not-taken', kind: 'jobs-not-taken', severity: 'warning', subject: 'worker', sinceMs: since },
    ...{ jobsBlocked: jobs, provider: null, jobId: null },
    message: `${jobs} ${jobs === 1 ? 'job is' : 'jobs are'} queued, and no worker has taken ${jobs === 1 ? 'it' : 'them'}.`,
    advice: 'The workers are busy or cannot reach Temporal: look at their logs and at the load of their machines.',
  };
}
