/**
 * What the store offers, by domain. Everything that reads or writes PostgreSQL goes through these.
 * `createStore(orm)` in `store/store.ts` makes one; `transaction` gives the same repositories bound to one transaction.
 * Dates are `Date`, absent is `null`, money is bigint micros. Errors: `ArtenicError` only (`not-found`, `conflict`, `unavailable`, …).
 */
import type {
  CapacityRepository,
  StreamsRepository,
  MetricsRepository,
  LogChunksRepository,
  CheckpointsRepository,
} from './types/attempt-data.ts';
import type { JobsRepository, AttemptsRepository, DecisionsRepository } from './types/jobs.ts';
import type { LaunchRefusalsRepository } from './types/launch-refusals.ts';
import type { ModelsRepository } from './types/models.ts';
import type { OverviewRepository } from './types/overview.ts';
import type { ReconcileRepository } from './types/reconcile.ts';
import type { ObjectUsesRepository, RetentionRepository } from './types/retention.ts';
import type { SessionsRepository } from './types/sessions.ts';
import type { SignalsRepository } from './types/signals.ts';
import type {
  EventsRepository,
  IdempotencyRepository,
  ApiKeysRepository,
  CatalogsRepository,
  ProvidersRepository,
  RunnerEventsRepository,
  UptimeRepository,
} from './types/platform.ts';

export type * from './types/attempt-data.ts';
export type * from './types/jobs.ts';
export type * from './types/launch-refusals.ts';
export type * from './types/models.ts';
export type * from './types/overview.ts';
export type * from './types/platform.ts';
export type * from './types/reconcile.ts';
export type * from './types/retention.ts';
export type * from './types/sessions.ts';
export type * from './types/signals.ts';

export type Repositories = {
  readonly jobs: JobsRepository;
  readonly attempts: AttemptsRepository;
  readonly decisions: DecisionsRepository;
  readonly launchRefusals: LaunchRefusalsRepository;
  readonly capacity: CapacityRepository;
  readonly streams: StreamsRepository;
  readonly metrics: MetricsRepository;
  readonly logChunks: LogChunksRepository;
  readonly checkpoints: CheckpointsRepository;
  readonly models: ModelsRepository;
  readonly events: EventsRepository;
  readonly idempotency: IdempotencyRepository;
  readonly apiKeys: ApiKeysRepository;
  readonly providers: ProvidersRepository;
  readonly catalogs: CatalogsRepository;
  readonly runnerEvents: RunnerEventsRepository;
  readonly signals: SignalsRepository;
  readonly sessions: SessionsRepository;
  readonly overview: OverviewRepository;
  readonly reconcile: ReconcileRepository;
  readonly retention: RetentionRepository;
  readonly objectUses: ObjectUsesRepository;
  readonly uptime: UptimeRepository;
};

export type Store = Repositories & {
  /**
   * The rules of a transaction, which are checked: `work` touches PostgreSQL only, by the repositories that it gets, and a job's
   * row is locked before those of its attempts.
   */
  readonly transaction: <T>(work: (repositories: Repositories) => Promise<T>) => Promise<T>;
  /** Throws `unavailable` when PostgreSQL does not answer within `timeoutMs`. */
  readonly ping: (timeoutMs: number) => Promise<void>;
};
