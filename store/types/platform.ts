import type { Capacity } from '../../core/capacity/types.ts';
import type { CatalogOffer, OfferSearch } from '../../core/catalog/catalog.ts';
import type { CatalogAge } from '../../core/catalog/freshness.ts';
import type { ErrorType } from '../../core/errors.ts';
import type { LiveHint, ProviderProblem, RunnerEvent } from '@artenic/core';

/**
 * `topic` is what readers subscribe to: `jobs`, `job:<id>`, `models`, `providers`. One change is one event: `job.state`
 * has the topic `jobs` and the job's id as subject, so who follows `job:<id>` wants those of that subject, too;
 * `attempt.state` and `job.checkpoint` have the topic `job:<id>`; `model.version` and `model.stage` have `models`;
 * `instance.unresolved` and `instance.resolved` have `providers`.
 */
export type EventInput = {
  readonly topic: string;
  readonly kind: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Absent: the project of the job that `subject` names; without such a job the event concerns every project. */
  readonly projectId?: string;
};
export type EventRecord = Omit<EventInput, 'projectId'> & {
  readonly projectId: string | null;
  readonly sequence: bigint;
  readonly at: Date;
};
/** There is more to fetch of a job's log (`job.log`) or metrics (`job.metric`); the topic is `job:<id>`. */
export type HintInput = Readonly<Omit<LiveHint, 'at' | 'kind'>> & {
  readonly kind: 'job.log' | 'job.metric';
  /** Readers of other projects never hear of it. */
  readonly projectId: string;
};
export type EventsRepository = {
  /** Appends without a number; it gets one after commit, by `sequence`. Wakes listeners (`NOTIFY artenic_events`) at commit. */
  readonly append: (event: EventInput) => Promise<void>;
  /** Numbers what has been committed since, in one short transaction under an advisory lock; returns how many. Any process may call it at any time. */
  readonly sequence: () => Promise<number>;
  readonly after: (sequence: bigint, limit: number) => Promise<readonly EventRecord[]>;
  /** The last number that was given, whether or not its event is still kept. */
  readonly lastSequence: () => Promise<bigint>;
  /** Of the oldest event that is kept; null when none is. */
  readonly firstSequence: () => Promise<bigint | null>;
  /** Sends hints to all who listen, as `{ origin, hints }` in JSON. Nothing is stored. */
  readonly notifyHints: (origin: string, hints: readonly object[]) => Promise<void>;
};

export type StoredResponse = {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
};
export type IdempotencyRepository = {
  /**
   * Reserves the key for this request. `new`: go on, and call `complete` in the transaction of the effect.
   * `replay`: answer with what is stored. `in-flight` and `mismatch` as their names say. A reservation expires after `lockMs`.
   */
  readonly begin: (request: {
    readonly key: string;
    readonly principalId: string;
    readonly route: string;
    readonly bodySha256: string;
    readonly now: Date;
    readonly lockMs: number;
  }) => Promise<
    | { readonly kind: 'new' }
    | { readonly kind: 'in-flight' }
    | { readonly kind: 'mismatch' }
    | { readonly kind: 'replay'; readonly response: StoredResponse }
  >;
  /** Holds a reservation that has no response yet until then. */
  readonly renew: (key: string, principalId: string, lockedUntil: Date) => Promise<void>;
  readonly complete: (key: string, principalId: string, response: StoredResponse) => Promise<void>;
  /** Gives the key back after a failure that had no effect. */
  readonly abandon: (key: string, principalId: string) => Promise<void>;
};

export type ApiKeyRecord = {
  readonly id: string;
  readonly name: string;
  readonly secretHash: string;
  readonly role: 'admin';
  readonly projectId: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
};
export type ApiKeysRepository = {
  /** The same id again replaces hash and name: `npm start` keeps the admin key's row true to its file. */
  readonly upsert: (key: Omit<ApiKeyRecord, 'revokedAt'>) => Promise<void>;
  readonly find: (id: string) => Promise<ApiKeyRecord | null>;
  readonly revoke: (id: string, at: Date) => Promise<void>;
};

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
  /** What stands in the way; null when it is usable, or when its adapter cannot tell. */
  readonly problem: ProviderProblem | null;
  /** How far the worker that checked it is ahead of PostgreSQL's clock. */
  readonly clockSkewMs: number | null;
};
export type ProvidersRepository = {
  readonly upsert: (
    provider: Omit<ProviderRecord, 'problem' | 'clockSkewMs'> &
      Partial<Pick<ProviderRecord, 'problem' | 'clockSkewMs'>>,
  ) => Promise<void>;
  readonly find: (name: string) => Promise<ProviderRecord | null>;
  readonly list: () => Promise<readonly ProviderRecord[]>;
};

/** How fresh what is known of a provider's offers is. */
export type CatalogRecord = CatalogAge & {
  /** Null when it has never answered. */
  readonly refreshedAt: Date | null;
  readonly triedAt: Date;
};
/** Offers are rows, which are written by refreshes alone: everything else reads them, and asks no provider. */
export type CatalogsRepository = {
  /**
   * Puts what the provider offers in the place of what was known; of `spot` its spot machines alone. Rows that are as they were
   * are not written.
   */
  readonly put: (provider: string, offers: readonly CatalogOffer[], part: 'all' | 'spot', at: Date) => Promise<void>;
  /** The offers that are known stay. */
  readonly refused: (
    provider: string,
    problem: { readonly type: ErrorType; readonly message: string },
    at: Date,
  ) => Promise<void>;
  readonly find: (provider: string) => Promise<CatalogRecord | null>;
  /** By name. */
  readonly list: () => Promise<readonly CatalogRecord[]>;
  /** Cheapest first, at most `limit`. */
  readonly search: (query: OfferSearch & { readonly limit: number }) => Promise<readonly CatalogOffer[]>;
  readonly count: (query: OfferSearch) => Promise<number>;
};

/** What an attempt's workflow hears of its runner. `hello` is told by the API, which knows when `maxHours` end. */
export type WorkflowEvent = RunnerEvent | { readonly kind: 'hello'; readonly id: string; readonly stopAt: string };
export type RunnerEventRecord = { readonly eventId: string; readonly event: WorkflowEvent };
/**
 * An outbox: events are committed here with their effect, and told to the workflow after the commit, by the API or by the
 * relay. A workflow ignores what it hears twice.
 */
export type RunnerEventsRepository = {
  /**
   * Keeps an event for delivery. `known`: this attempt has sent this id before. `full`: it has sent as many events of this kind
   * as are kept, and histories have a limit, too.
   */
  readonly accept: (attemptId: string, event: WorkflowEvent, at: Date) => Promise<'taken' | 'known' | 'full'>;
  /** True the first time that this is noted of the attempt. Nothing is delivered. */
  readonly firstTime: (attemptId: string, note: string, at: Date) => Promise<boolean>;
  /** An attempt's events, in the order of their arrival. */
  readonly undelivered: (attemptId: string, limit: number) => Promise<readonly RunnerEventRecord[]>;
  /** Attempts with events that wait; those that failed least come first. `limit` counts events. */
  readonly waiting: (query: { readonly olderThan: Date; readonly limit: number }) => Promise<readonly string[]>;
  readonly delivered: (attemptId: string, eventId: string, at: Date) => Promise<void>;
  /** Counts a delivery that failed. */
  readonly failed: (attemptId: string, eventId: string) => Promise<void>;
};

/** The span in which the API has been able to hear runners, all its replicas together: silence is counted within it only. */
export type UptimeRepository = {
  /** The API hears runners at `at`. A pause of more than `gapMs`, or a fault since the last note, begins a new span. */
  readonly note: (heard: { readonly at: Date; readonly gapMs: number; readonly hadFault: boolean }) => Promise<void>;
  /** Null before the first note. */
  readonly read: () => Promise<{ readonly goodSince: Date; readonly goodUntil: Date } | null>;
};
