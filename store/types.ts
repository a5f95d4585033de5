/**
 * What the store offers, by domain. Everything that reads or writes PostgreSQL goes through these.
 * `createStore(orm)` in `store/store.ts` makes one. It reads for everybody and writes under a principal only: `as` gives all
 * repositories, each call a transaction of its own; `transaction` gives them bound to one transaction.
 * Dates are `Date`, absent is `null`, money is bigint micros. Errors: `ArtenicError` only (`not-found`, `conflict`, `unavailable`, …).
 */
import type { Reads } from './reads.ts';
import type { Principal } from './types/principal.ts';
import type { Repositories } from './types/repositories.ts';

export type * from './types/attempt-data.ts';
export type * from './types/audit.ts';
export type * from './types/jobs.ts';
export type * from './types/launch-refusals.ts';
export type * from './types/models.ts';
export type * from './types/outbox.ts';
export type * from './types/overview.ts';
export type * from './types/platform.ts';
export type * from './types/principal.ts';
export type * from './types/reconcile.ts';
export type * from './types/repositories.ts';
export type * from './types/retention.ts';
export type * from './types/sessions.ts';
export type * from './types/signals.ts';

/** What anybody may do with the database: read, and write under a principal. */
export type PrincipalStore = Reads & {
  /** The store of one principal, or of the one that acts at the moment of each call. */
  readonly as: (principal: Principal | (() => Principal)) => ActingStore;
  /** Throws `unavailable` when PostgreSQL does not answer within `timeoutMs`. */
  readonly ping: (timeoutMs: number) => Promise<void>;
};

export type Store = PrincipalStore & {
  /**
   * The rules of a transaction, which are checked: `work` touches PostgreSQL only, by the repositories that it gets, and a job's
   * row is locked before those of its attempts. What it writes is the principal's, in events and in the audit log.
   */
  readonly transaction: <T>(principal: Principal, work: (repositories: Repositories) => Promise<T>) => Promise<T>;
};

/** A store under a principal. */
export type ActingStore = Repositories &
  Omit<PrincipalStore, keyof Reads> & {
    /** As the store's, under the same principal. */
    readonly transaction: <T>(work: (repositories: Repositories) => Promise<T>) => Promise<T>;
  };
