import { ArtenicError } from '../core/errors.ts';
import type { AttemptsRepository, DatasetsRepository, JobsRepository, Repositories } from './types.ts';

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

const datasets: Readonly<Record<keyof DatasetsRepository, Touch>> = {
  ...{ get: 'reads', list: 'reads', version: 'reads', versions: 'reads', files: 'reads', folder: 'reads' },
  ...{ file: 'reads', folderSize: 'reads', diff: 'reads', tags: 'reads', tagMoves: 'reads' },
  ...{ holding: 'reads', occurrences: 'reads' },
  ...{ deleted: 'reads', countDeletedRows: 'reads', draft: 'reads', countOldDrafts: 'reads', closedDrafts: 'reads' },
  ...{ openDraft: 'locks', changeDraft: 'locks', commitDraft: 'locks', endDraft: 'locks' },
  ...{ endOldDrafts: 'locks', dropDraft: 'locks' },
  ...{ selected: 'reads', ofJob: 'reads', noteOutput: 'reads', hasPurged: 'reads', contentsOfJob: 'reads' },
  // This inserts a new row, which no other transaction can have locked.
  insert: 'reads',
  ...{ update: 'locks', remove: 'locks', commit: 'locks', setTag: 'locks', purge: 'locks', dropRows: 'locks' },
  // This locks rows of `object_uses`, behind which nothing of a job, an attempt or a dataset may be locked.
  storedContents: 'locks',
};

/** Kinds of rows in the order in which a transaction locks them. */
const order = [
  { name: 'jobs', of: "a job's row", touches: jobs },
  { name: 'attempts', of: 'rows of attempts', touches: attempts },
  { name: 'datasets', of: 'rows of datasets', touches: datasets },
] as const;

function watched<R extends object>(repository: R, touches: Readonly<Record<string, Touch>>, onLock: () => void): R {
  const methods = Object.entries(repository).map(([name, method]: [string, (...args: unknown[]) => unknown]) => [
    name,
    touches[name] === 'reads'
      ? method
      : (...args: unknown[]) => {
          onLock();
          return method(...args);
        },
  ]);
  return Object.fromEntries(methods) as R;
}

/**
 * Repositories of one transaction that refuse to lock rows in another order: a job's row, then those of its attempts,
 * then those of datasets. Two transactions that lock in different orders end in a deadlock; with one order they wait for
 * each other. A kind that is locked already may be locked again.
 */
export function inLockOrder(repositories: Repositories): Repositories {
  const locked = new Set<number>();
  const lock = (kind: number): void => {
    const behind = order.findIndex((_, other) => other > kind && locked.has(other));
    if (behind !== -1 && !locked.has(kind))
      throw new ArtenicError(
        'internal',
        `A transaction locks ${order[kind]?.of} before ${order[behind]?.of}, not behind them.`,
      );
    locked.add(kind);
  };
  const kinds = order.map(({ name, touches }, kind) => [
    name,
    watched<object>(repositories[name], touches, () => lock(kind)),
  ]);
  return { ...repositories, ...(Object.fromEntries(kinds) as Pick<Repositories, 'jobs' | 'attempts' | 'datasets'>) };
}
