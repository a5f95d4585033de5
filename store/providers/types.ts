import type { Capacity } from '../../core/capacity/types.ts';
import type { ProviderProblem } from '@artenic/core';

export type ProviderRecord = {
  readonly name: string;
  readonly usable: boolean;
  readonly message: string;
  readonly capabilities: {
    readonly spot: boolean;
    readonly preemptionNotice: boolean;
    readonly idempotencyToken: boolean;
    readonly regions: boolean;
  };
  readonly capacity: (Capacity & { readonly gpuType: string | null }) | null;
  readonly checkedAt: Date;
  /** When a check first found it unusable; null when it is usable. */
  readonly unusableSince: Date | null;
  /** Why the provider is not usable; null when it is usable, or when its adapter cannot tell. */
  readonly problem: ProviderProblem | null;
  /** How far the clock of the checking worker is ahead of PostgreSQL's. */
  readonly clockSkewMs: number | null;
};

export type ProvidersRepository = {
  readonly upsert: (
    provider: Omit<ProviderRecord, 'problem' | 'clockSkewMs' | 'unusableSince'> &
      Partial<Pick<ProviderRecord, 'problem' | 'clockSkewMs'>>,
  ) => Promise<void>;
  readonly find: (name: string) => Promise<ProviderRecord | null>;
  readonly list: () => Promise<readonly ProviderRecord[]>;
};
