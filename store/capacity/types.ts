import type { Capacity, CapacityClaim } from '../../core/capacity/types.ts';

/** Capacity of a provider that the platform distributes itself (this machine's cores, memory and GPUs). */
export type CapacityRepository = {
  /** Queues the claim once; an existing claim (waiting or granted) stays. */
  readonly claim: (provider: string, claim: CapacityClaim) => Promise<void>;
  /**
   * Grants waiting claims by the rules of `core/capacity/grant.ts`, under a lock, against `total`. Returns the attempt
   * ids granted by this call.
   */
  readonly grant: (provider: string, total: Capacity) => Promise<readonly string[]>;
  readonly isGranted: (attemptId: string) => Promise<boolean>;
  /** Succeeds if there is no claim. */
  readonly release: (attemptId: string) => Promise<void>;
  /**
   * 1-based places in the queues of their providers, in the order of grants; attempts that do not wait are left out.
   */
  readonly positions: (attemptIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly inUse: (provider: string) => Promise<Capacity>;
  /**
   * State of the queue from the view of a new claim: how many claims would be granted before it, and whether it would
   * then fit. An existing row of the claim itself does not count.
   */
  readonly outlook: (
    provider: string,
    total: Capacity,
    claim: CapacityClaim,
  ) => Promise<{ readonly ahead: number; readonly hasRoom: boolean }>;
  /** Blocks grants and other holds of this provider until the end of this transaction. */
  readonly hold: (provider: string) => Promise<void>;
  /**
   * Attempts that have their grant, have not begun to launch, and were last signalled more than `quietMs` ago: their
   * signal was lost. The call counts as a new signal.
   */
  readonly wakeAgain: (query: { readonly quietMs: number; readonly limit: number }) => Promise<readonly string[]>;
};
