/**
 * The store's interface, by domain. All code that accesses PostgreSQL goes through these types. `createStore(orm)` in
 * `store/store.ts` creates a store. Reads need no principal, writes do: `as` returns all repositories, with each call
 * in its own transaction; `transaction` returns them bound to one transaction.
 * Dates are `Date`, absent is `null`, money is bigint micros. Errors: `ArtenicError` only (`not-found`, `conflict`,
 * `unavailable`, …).
 */
import type { Reads } from './reads.ts';
import type { Principal } from './principal.ts';
import type { Repositories } from './repositories.ts';

export type * from './access/api-key-types.ts';
export type * from './access/session-types.ts';
export type * from './attempts/types.ts';
export type * from './audit/types.ts';
export type * from './capacity/types.ts';
export type * from './catalog/types.ts';
export type * from './checkpoints/types.ts';
export type * from './datasets/draft-types.ts';
export type * from './datasets/types.ts';
export type * from './decisions/types.ts';
export type * from './events/types.ts';
export type * from './features/types.ts';
export type * from './idempotency/types.ts';
export type * from './jobs/types.ts';
export type * from './launch-refusals/types.ts';
export type * from './lineage/types.ts';
export type * from './logs/types.ts';
export type * from './metrics/types.ts';
export type * from './models/types.ts';
export type * from './outbox/types.ts';
export type * from './overview/types.ts';
export type * from './profiles/types.ts';
export type * from './providers/types.ts';
export type * from './reconcile/types.ts';
export type * from './retention/types.ts';
export type * from './runs/types.ts';
export type * from './runner-events/types.ts';
export type * from './search/types.ts';
export type * from './signals/types.ts';
export type * from './streams/types.ts';
export type * from './system-metrics/types.ts';
export type * from './uploads/types.ts';
export type * from './uptime/types.ts';
export type * from './views/types.ts';
export type * from './worker-processes/types.ts';
export type * from './principal.ts';
export type * from './repositories.ts';

/** Access to the database for all code: reads, and writes under a principal. */
export type PrincipalStore = Reads & {
  /** The store of a principal; a function is called for the principal of each call. */
  readonly as: (principal: Principal | (() => Principal)) => ActingStore;
  /** Throws `unavailable` when PostgreSQL does not answer within `timeoutMs`. */
  readonly ping: (timeoutMs: number) => Promise<void>;
};

export type Store = PrincipalStore & {
  /**
   * Runs `work` in a transaction with checked rules: `work` accesses only PostgreSQL, through the given repositories,
   * and locks in the order of `lock-order.ts`. Its events and audit entries carry the principal.
   */
  readonly transaction: <T>(principal: Principal, work: (repositories: Repositories) => Promise<T>) => Promise<T>;
};

/** A store under a principal. */
export type ActingStore = Repositories &
  Omit<PrincipalStore, keyof Reads> & {
    /** As the store's, under the same principal. */
    readonly transaction: <T>(work: (repositories: Repositories) => Promise<T>) => Promise<T>;
  };
