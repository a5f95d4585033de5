import type { JobEnded } from '../../core/jobs/ended.ts';

/** Who hears of a job's end. Other kinds (a webhook) are further members here and cases of `app/outbox/deliver.ts`. */
export type NoticeTarget = { readonly kind: 'workflow'; readonly id: string };

/** Something that has happened, for one target. */
export type NoticeRecord = {
  readonly id: bigint;
  readonly ended: JobEnded;
  readonly target: NoticeTarget;
  readonly createdAt: Date;
  /** Deliveries that failed. */
  readonly tries: number;
};

/** Written in the transaction of what they tell, delivered by the relay after its commit, at least once. */
export type OutboxRepository = {
  /** Once for each job and target: the same again changes nothing. */
  readonly append: (ended: JobEnded, target: NoticeTarget, at: Date) => Promise<void>;
  /** Neither delivered nor given up, and to be tried by now; the longest due first. */
  readonly due: (query: { readonly now: Date; readonly limit: number }) => Promise<readonly NoticeRecord[]>;
  readonly delivered: (id: bigint, at: Date) => Promise<void>;
  /** Counts a failure; the next try is at `nextTryAt`. */
  readonly failed: (id: bigint, failure: { readonly error: string; readonly nextTryAt: Date }) => Promise<void>;
  readonly giveUp: (id: bigint, failure: { readonly error: string; readonly at: Date }) => Promise<void>;
  /** Given up, the newest first. */
  readonly givenUp: (
    limit: number,
  ) => Promise<readonly (NoticeRecord & { readonly givenUpAt: Date; readonly error: string })[]>;
};

export type WatchersRepository = {
  /**
   * From now on the target hears of the end of this job, whose row the transaction has locked and which has not ended. Throws
   * `conflict` when the job has as many watchers as are kept.
   */
  readonly add: (jobId: string, target: NoticeTarget, at: Date) => Promise<void>;
};
