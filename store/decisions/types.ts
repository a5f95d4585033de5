import type { Page } from '@artenic/core';
import type { FailoverAction } from '../../core/failover/types.ts';
import type { JobPageQuery } from '../attempts/types.ts';

export type DecisionRecord = {
  readonly jobId: string;
  readonly decision: number;
  readonly policyVersion: string;
  readonly inputs: unknown;
  readonly action: FailoverAction;
  readonly decidedAt: Date;
};

/** A decision without its inputs, which are long. */
export type DecisionSummary = Omit<DecisionRecord, 'inputs'>;

export type LaunchAction = Extract<FailoverAction, { readonly kind: 'launch' }>;

export type DecisionsRepository = {
  readonly find: (jobId: string, decision: number) => Promise<DecisionRecord | null>;
  readonly latest: (jobId: string) => Promise<DecisionSummary | null>;
  /** The first decision stored under a number stays and is returned. */
  readonly insert: (decision: DecisionRecord) => Promise<DecisionRecord>;
  /** The decisions that launched these attempts. */
  readonly launches: (jobId: string, attempts: readonly number[]) => Promise<readonly LaunchAction[]>;
  /** In the order of their numbers. */
  readonly page: (query: JobPageQuery) => Promise<Page<DecisionSummary>>;
};
