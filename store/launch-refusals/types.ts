import type { Page } from '@artenic/core';
import type { Offer, RefusalKind } from '../../core/failover/types.ts';
import type { JobPageQuery } from '../attempts/types.ts';

/** What came of the launches of one offer for one job. */
export type LaunchRefusalRecord = {
  readonly jobId: string;
  readonly offer: Offer;
  readonly kind: RefusalKind;
  readonly message: string;
  /** Refusals of this kind, one after the other, within one attempt. */
  readonly streak: number;
  /** Refusals of any kind of this offer for this job. */
  readonly total: number;
  readonly attempt: number;
  /** The launch of that attempt which was refused last. */
  readonly launch: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
};

/** What another job was told lately. */
export type RecentRefusal = { readonly kind: RefusalKind; readonly offer: Offer; readonly endedAt: Date };

export type LaunchRefusalsRepository = {
  /** One row for each offer of a job; the same launch of the same attempt again changes nothing. */
  readonly record: (
    refusal: Omit<LaunchRefusalRecord, 'streak' | 'total' | 'firstAt' | 'lastAt'> & { readonly at: Date },
  ) => Promise<void>;
  /** Of the job, oldest first, at most as many as a decision looks at: the newest. */
  readonly ofJob: (jobId: string) => Promise<readonly LaunchRefusalRecord[]>;
  /** In the order of the offers. */
  readonly page: (query: JobPageQuery) => Promise<Page<LaunchRefusalRecord>>;
  /** Of all other jobs, newest first, at most 200. */
  readonly recent: (since: Date, notOfJob: string) => Promise<readonly RecentRefusal[]>;
};
