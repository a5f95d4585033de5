import type { JobEnded } from '../../core/jobs/ended.ts';

/**
 * Receiver of a job's end. Other kinds (a webhook) would be further members here and cases of `app/outbox/deliver.ts`.
 */
export type NoticeTarget = { readonly kind: 'workflow'; readonly id: string };

/** A message about an ended job, for one target. */
export type NoticeRecord = {
  readonly id: bigint;
  readonly ended: JobEnded;
  readonly target: NoticeTarget;
  readonly createdAt: Date;
  /** Number of failed deliveries. */
  readonly tries: number;
};

/**
 * Messages are written in the transaction of the change they report. The relay delivers them after its commit, at least
 * once.
 */
export type OutboxRepository = {
  /** A message for each job and target: repeating the call changes nothing. */
  readonly append: (ended: JobEnded, target: NoticeTarget, at: Date) => Promise<void>;
  /** Messages that are neither delivered nor given up, with a next try by now; the longest due first. */
  readonly due: (query: { readonly now: Date; readonly limit: number }) => Promise<readonly NoticeRecord[]>;
  readonly delivered: (id: bigint, at: Date) => Promise<void>;
  /** Counts a failure; the next try is at `nextTryAt`. */
  readonly failed: (id: bigint, failure: { readonly error: string; readonly nextTryAt: Date }) => Promise<void>;
  readonly giveUp: (id: bigint, failure: { readonly error: string; readonly at: Date }) => Promise<void>;
  /** Messages that were given up, newest first. */
  readonly givenUp: (
    limit: number,
  ) => Promise<readonly (NoticeRecord & { readonly givenUpAt: Date; readonly error: string })[]>;
};

export type WatchersRepository = {
  /**
   * Adds a target for the message about this job's end. The transaction has locked the job's row, and the job has not
   * ended. Throws `conflict` when the job has the greatest number of watchers.
   */
  readonly add: (jobId: string, target: NoticeTarget, at: Date) => Promise<void>;
};
