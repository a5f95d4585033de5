import type { Capacity, CapacityClaim } from '../../core/capacity/types.ts';

/** Capacity of a provider that we hand out ourselves (this machine's cores, memory and GPUs). */
export type CapacityRepository = {
  /** Queues the claim once; a claim that is there (waiting or granted) stays. */
  readonly claim: (provider: string, claim: CapacityClaim) => Promise<void>;
  /**
   * Grants waiting claims as `core/capacity/grant.ts` says, under a lock, against `total`. Returns the attempt ids granted by this call.
   */
  readonly grant: (provider: string, total: Capacity) => Promise<readonly string[]>;
  readonly isGranted: (attemptId: string) => Promise<boolean>;
  /** Gone already is success. */
  readonly release: (attemptId: string) => Promise<void>;
  /** 1-based places in the queues of their providers, in the order of grants; attempts that do not wait are left out. */
  readonly positions: (attemptIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly inUse: (provider: string) => Promise<Capacity>;
  /** What a claim would meet: how many would be granted before it, and whether there is room for it behind them. Its own row does not count. */
  readonly outlook: (
    provider: string,
    total: Capacity,
    claim: CapacityClaim,
  ) => Promise<{ readonly ahead: number; readonly hasRoom: boolean }>;
  /** Nobody grants or looks again before the end of this transaction. */
  readonly hold: (provider: string) => Promise<void>;
  /**
   * Attempts that have their grant, have not begun to launch, and were last told so more than `quietMs` ago: their signal was
   * lost. Counts as telling them.
   */
  readonly wakeAgain: (query: { readonly quietMs: number; readonly limit: number }) => Promise<readonly string[]>;
};
