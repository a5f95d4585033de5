import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { ArtenicError } from '../core/errors.ts';
import { databaseOf, type Db } from './database.ts';
import { toStoreError } from './errors.ts';
import { inLockOrder } from './lock-order.ts';
import { createApiKeys } from './access/api-key-repository.ts';
import { createAudit } from './audit/repository.ts';
import { createAttempts } from './attempts/repository.ts';
import { createCatalogs } from './catalog/repository.ts';
import { createCapacity } from './capacity/repository.ts';
import { createCheckpoints } from './checkpoints/repository.ts';
import { createDatasets } from './datasets/repository.ts';
import { createDecisions } from './decisions/repository.ts';
import { createEvents } from './events/repository.ts';
import { createFeatures } from './features/repository.ts';
import { createIdempotency } from './idempotency/repository.ts';
import { createJobs } from './jobs/repository.ts';
import { createLaunchRefusals } from './launch-refusals/repository.ts';
import { createLineage } from './lineage/repository.ts';
import { createLogChunks } from './logs/repository.ts';
import { createMetrics } from './metrics/repository.ts';
import { createModels } from './models/repository.ts';
import { createOverview } from './overview/repository.ts';
import { createOutbox, createWatchers } from './outbox/repository.ts';
import { createObjectUses } from './retention/object-uses.ts';
import { createProfiles } from './profiles/repository.ts';
import { createProviders } from './providers/repository.ts';
import { createReconcile } from './reconcile/repository.ts';
import { createRetention } from './retention/repository.ts';
import { createRuns } from './runs/repository.ts';
import { createRunnerEvents } from './runner-events/repository.ts';
import { createSearch } from './search/repository.ts';
import { createSessions } from './access/session-repository.ts';
import { createSignals } from './signals/repository.ts';
import { createStreams } from './streams/repository.ts';
import { createSystemMetrics } from './system-metrics/repository.ts';
import { asPrincipal } from './principal-scope.ts';
import { readsOf } from './reads.ts';
import { inTransactionScope } from './transaction-scope.ts';
import { createViews } from './views/repository.ts';
import { createUploads } from './uploads/repository.ts';
import { createUptime } from './uptime/repository.ts';
import { createWorkers } from './worker-processes/repository.ts';
import type { ActingStore, Principal, Repositories, Store } from './types.ts';

async function mapErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}

/** The same repository, with its errors mapped to `ArtenicError`s. */
function guard<R extends object>(repository: R): R {
  const methods = Object.entries(repository).map(
    ([name, method]: [string, (...args: unknown[]) => Promise<unknown>]) => [
      name,
      (...args: unknown[]) => mapErrors(() => method(...args)),
    ],
  );
  return Object.fromEntries(methods) as R;
}

function repositoriesOf(db: Db): Repositories {
  return {
    jobs: guard(createJobs(db)),
    attempts: guard(createAttempts(db)),
    decisions: guard(createDecisions(db)),
    launchRefusals: guard(createLaunchRefusals(db)),
    capacity: guard(createCapacity(db)),
    streams: guard(createStreams(db)),
    metrics: guard(createMetrics(db)),
    systemMetrics: guard(createSystemMetrics(db)),
    logChunks: guard(createLogChunks(db)),
    checkpoints: guard(createCheckpoints(db)),
    models: guard(createModels(db)),
    datasets: guard(createDatasets(db)),
    profiles: guard(createProfiles(db)),
    lineage: guard(createLineage(db)),
    runs: guard(createRuns(db)),
    features: guard(createFeatures(db)),
    events: guard(createEvents(db)),
    idempotency: guard(createIdempotency(db)),
    apiKeys: guard(createApiKeys(db)),
    providers: guard(createProviders(db)),
    catalogs: guard(createCatalogs(db)),
    runnerEvents: guard(createRunnerEvents(db)),
    signals: guard(createSignals(db)),
    sessions: guard(createSessions(db)),
    overview: guard(createOverview(db)),
    search: guard(createSearch(db)),
    views: guard(createViews(db)),
    reconcile: guard(createReconcile(db)),
    retention: guard(createRetention(db)),
    objectUses: guard(createObjectUses(db)),
    uploads: guard(createUploads(db)),
    uptime: guard(createUptime(db)),
    audit: guard(createAudit(db)),
    watchers: guard(createWatchers(db)),
    outbox: guard(createOutbox(db)),
    workers: guard(createWorkers(db)),
  };
}

async function ping(db: Db, timeoutMs: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new ArtenicError('unavailable', `PostgreSQL did not answer within ${timeoutMs} ms.`)),
    timeoutMs,
  );
  try {
    await Promise.race([sql`select 1`.execute(db), late]);
  } finally {
    clearTimeout(timer);
  }
}

type Work<T> = (repositories: Repositories) => Promise<T>;

/** The same repository, with the principal set for its writes. */
function under<R extends object>(repository: R, principal: () => Principal): R {
  const methods = Object.entries(repository).map(([name, method]: [string, (...args: unknown[]) => unknown]) => [
    name,
    (...args: unknown[]) => asPrincipal(principal(), () => method(...args)),
  ]);
  return Object.fromEntries(methods) as R;
}

export function createStore(orm: MikroORM): Store {
  const db = databaseOf(orm);
  const repositories = repositoriesOf(db);

  function transaction<T>(principal: Principal, work: Work<T>): Promise<T> {
    return asPrincipal(principal, () =>
      mapErrors(() =>
        db.transaction().execute((open) => inTransactionScope(() => work(inLockOrder(repositoriesOf(open))))),
      ),
    );
  }

  function as(given: Principal | (() => Principal)): ActingStore {
    const principal = typeof given === 'function' ? given : () => given;
    const acting = { ...common, transaction: <T>(work: Work<T>) => transaction(principal(), work) };
    // Getters, because most callers use a single repository.
    for (const [name, repository] of Object.entries(repositories))
      Object.defineProperty(acting, name, { enumerable: true, get: () => under(repository, principal) });
    return acting as ActingStore;
  }

  const common = { as, ping: (timeoutMs: number) => mapErrors(() => ping(db, timeoutMs)) };
  return { ...readsOf(repositories), ...common, transaction };
}
