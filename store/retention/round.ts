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
  /** Tells what would go, and removes nothing. */
  readonly isDryRun: boolean;
  /** Items that a step looks at in one round. */
  readonly limit: number;
};
