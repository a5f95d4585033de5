import { ArtenicError } from '../core/errors.ts';
import type { AttemptsRepository, JobsRepository, Repositories } from './types.ts';

/** Whether a method locks rows that other transactions may wait for. */
type Touch = 'reads' | 'locks';

const jobs: Readonly<Record<keyof JobsRepository, Touch>> = {
  ...{ find: 'reads', get: 'reads', list: 'reads', withoutHistory: 'reads', open: 'reads', undelivered: 'reads' },
  ...{ withIdPart: 'reads', newestConfig: 'reads', nextNumber: 'reads', refreshCosts: 'locks' },
  ...{ blockedByProvider: 'reads', untaken: 'reads' },
  // This inserts a new row, which no other transaction can have locked.
  insert: 'reads',
  ...{ transition: 'locks', requestCancel: 'locks', moveFence: 'locks', setStopAt: 'locks', setProgress: 'locks' },
  ...{ holdFence: 'locks', lock: 'locks', setSignals: 'locks', markWorkflowStarted: 'locks', markHistoryKept: 'locks' },
  markCancelDelivered: 'locks',
};

const attempts: Readonly<Record<keyof AttemptsRepository, Touch>> = {
  ...{ find: 'reads', get: 'reads', listByJob: 'reads', newest: 'reads', runningSpans: 'reads' },
  ...{ endings: 'reads', page: 'reads', ofJobs: 'reads', billedJobs: 'reads', open: 'reads', silent: 'reads' },
  ...{ mute: 'reads', ending: 'reads' },
  ...{
    claimMachine: 'locks',
    setTraceparent: 'locks',
    advance: 'locks',
    setHandle: 'locks',
    hello: 'locks',
    heartbeat: 'locks',
    hear: 'locks',
    runnerOver: 'locks',
  },
  ...{ notice: 'locks', release: 'locks', leaseLaunch: 'locks', renewLaunchLease: 'locks', endLaunchLease: 'locks' },
  ...{ setRestoredFrom: 'locks', requestStop: 'locks', end: 'locks', setBilled: 'locks', moveLaunch: 'locks' },
};

function watched<R extends object>(repository: R, touches: Readonly<Record<keyof R, Touch>>, onLock: () => void): R {
  const methods = Object.entries(repository).map(([name, method]: [string, (...args: unknown[]) => unknown]) => [
    name,
    touches[name as keyof R] === 'reads'
      ? method
      : (...args: unknown[]) => {
          onLock();
          return method(...args);
        },
  ]);
  return Object.fromEntries(methods) as R;
}

/**
 * Repositories of one transaction that refuse to lock a job's row after a row of its attempts. Two transactions that
 * lock both in different orders end in a deadlock; with one order they wait for each other.
 */
export function jobBeforeAttempt(repositories: Repositories): Repositories {
  let hasJob = false;
  let hasAttempt = false;
  return {
    ...repositories,
    jobs: watched(repositories.jobs, jobs, () => {
      if (hasAttempt && !hasJob)
        throw new ArtenicError('internal', "A transaction locks a job's row before those of its attempts.");
      hasJob = true;
    }),
    attempts: watched(repositories.attempts, attempts, () => {
      hasAttempt = true;
    }),
  };
}
