import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { ArtenicError } from '../core/errors.ts';
import { databaseOf, type Db } from './database.ts';
import { toStoreError } from './errors.ts';
import { jobBeforeAttempt } from './lock-order.ts';
import { createApiKeys } from './repositories/api-keys.ts';
import { createAudit } from './repositories/audit.ts';
import { createAttempts } from './repositories/attempts.ts';
import { createCatalogs } from './repositories/catalogs.ts';
import { createCapacity } from './repositories/capacity.ts';
import { createCheckpoints } from './repositories/checkpoints.ts';
import { createDecisions } from './repositories/decisions.ts';
import { createEvents } from './repositories/events.ts';
import { createIdempotency } from './repositories/idempotency.ts';
import { createJobs } from './repositories/jobs.ts';
import { createLaunchRefusals } from './repositories/launch-refusals.ts';
import { createLogChunks } from './repositories/log-chunks.ts';
import { createMetrics } from './repositories/metrics.ts';
import { createModels } from './repositories/models.ts';
import { createOverview } from './repositories/overview.ts';
import { createOutbox, createWatchers } from './repositories/outbox.ts';
import { createObjectUses } from './repositories/object-uses.ts';
import { createProviders } from './repositories/providers.ts';
import { createReconcile } from './repositories/reconcile.ts';
import { createRetention } from './repositories/retention.ts';
import { createRunnerEvents } from './repositories/runner-events.ts';
import { createSessions } from './repositories/sessions.ts';
import { createSignals } from './repositories/signals.ts';
import { createStreams } from './repositories/streams.ts';
import { asPrincipal } from './principal-scope.ts';
import { readsOf } from './reads.ts';
import { inTransactionScope } from './transaction-scope.ts';
import { createUptime } from './repositories/uptime.ts';
import type { ActingStore, Principal, Repositories, Store } from './types.ts';

async function mapErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}

/** The same repository, whose faults are `ArtenicError`s. */
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
    logChunks: guard(createLogChunks(db)),
    checkpoints: guard(createCheckpoints(db)),
    models: guard(createModels(db)),
    events: guard(createEvents(db)),
    idempotency: guard(createIdempotency(db)),
    apiKeys: guard(createApiKeys(db)),
    providers: guard(createProviders(db)),
    catalogs: guard(createCatalogs(db)),
    runnerEvents: guard(createRunnerEvents(db)),
    signals: guard(createSignals(db)),
    sessions: guard(createSessions(db)),
    overview: guard(createOverview(db)),
    reconcile: guard(createReconcile(db)),
    retention: guard(createRetention(db)),
    objectUses: guard(createObjectUses(db)),
    uptime: guard(createUptime(db)),
    audit: guard(createAudit(db)),
    watchers: guard(createWatchers(db)),
    outbox: guard(createOutbox(db)),
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

/** The same repository, whose writes are the principal's. */
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
        db.transaction().execute((open) => inTransactionScope(() => work(jobBeforeAttempt(repositoriesOf(open))))),
      ),
    );
  }

  function as(given: Principal | (() => Principal)): ActingStore {
    const principal = typeof given === 'function' ? given : () => given;
    const acting = { ...common, transaction: <T>(work: Work<T>) => transaction(principal(), work) };
    // most callers use one repository of them
    for (const [name, repository] of Object.entries(repositories))
      Object.defineProperty(acting, name, { enumerable: true, get: () => under(repository, principal) });
    return acting as ActingStore;
  }

  const common = { as, ping: (timeoutMs: number) => mapErrors(() => ping(db, timeoutMs)) };
  return { ...readsOf(repositories), ...common, transaction };
}
