import type {
  CapacityRepository,
  StreamsRepository,
  MetricsRepository,
  LogChunksRepository,
  CheckpointsRepository,
} from './attempt-data.ts';
import type { JobsRepository, AttemptsRepository, DecisionsRepository } from './jobs.ts';
import type { LaunchRefusalsRepository } from './launch-refusals.ts';
import type { ModelsRepository } from './models.ts';
import type { OverviewRepository } from './overview.ts';
import type { ReconcileRepository } from './reconcile.ts';
import type { ObjectUsesRepository, RetentionRepository } from './retention.ts';
import type { SessionsRepository } from './sessions.ts';
import type { SignalsRepository } from './signals.ts';
import type {
  EventsRepository,
  IdempotencyRepository,
  ApiKeysRepository,
  CatalogsRepository,
  ProvidersRepository,
  RunnerEventsRepository,
  UptimeRepository,
} from './platform.ts';

import type { AuditRepository } from './audit.ts';
import type { OutboxRepository, WatchersRepository } from './outbox.ts';

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
  readonly audit: AuditRepository;
  readonly watchers: WatchersRepository;
  readonly outbox: OutboxRepository;
};
