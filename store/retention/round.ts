import type { ObjectStorage } from '../../core/object-storage.ts';
import type { Periods } from '../../core/retention/rules.ts';
import type { ActingStore } from '../types.ts';

export type CollectorDeps = {
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly periods: Periods;
  readonly now: () => Date;
};

export type Round = {
  /** Dry run: counts the removable items, and removes nothing. */
  readonly isDryRun: boolean;
  /** Most items that a step handles in a round. */
  readonly limit: number;
  /** First byte of the hashes among which objects without a row are looked for; absent: they are not. */
  readonly shard?: number;
};
