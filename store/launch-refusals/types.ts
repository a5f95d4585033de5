import type { Page } from '@artenic/core';
import type { Offer, RefusalKind } from '../../core/failover/types.ts';
import type { JobPageQuery } from '../attempts/types.ts';

/** Result of a job's launches of one offer. */
export type LaunchRefusalRecord = {
  readonly jobId: string;
  readonly offer: Offer;
  readonly kind: RefusalKind;
  readonly message: string;
  /** Number of consecutive refusals of this kind within one attempt. */
  readonly streak: number;
  /** Refusals of any kind of this offer for this job. */
  readonly total: number;
  readonly attempt: number;
  /** The last refused launch of that attempt. */
  readonly launch: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
};

/** A recent refusal of another job. */
export type RecentRefusal = { readonly kind: RefusalKind; readonly offer: Offer; readonly endedAt: Date };

export type LaunchRefusalsRepository = {
  /** A row for each offer of a job; repeating the same launch of the same attempt changes nothing. */
  readonly record: (
    refusal: Omit<LaunchRefusalRecord, 'streak' | 'total' | 'firstAt' | 'lastAt'> & { readonly at: Date },
  ) => Promise<void>;
  /** The newest refusals of the job, as many as a decision reads, oldest first. */
  readonly ofJob: (jobId: string) => Promise<readonly LaunchRefusalRecord[]>;
  /** Ordered by offer. */
  readonly page: (query: JobPageQuery) => Promise<Page<LaunchRefusalRecord>>;
  /** Refusals of all other jobs, newest first, at most 200. */
  readonly recent: (since: Date, notOfJob: string) => Promise<readonly RecentRefusal[]>;
};
