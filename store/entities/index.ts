import type { InferKyselyDB } from '@mikro-orm/sql';
import { apiKeys } from './api-keys.ts';
import { apiUptime } from './api-uptime.ts';
import { attempts } from './attempts.ts';
import { capacityClaims } from './capacity-claims.ts';
import { catalogs } from './catalogs.ts';
import { checkpoints } from './checkpoints.ts';
import { jobDays, providerPrices } from './counted.ts';
import { decisions } from './decisions.ts';
import { eventCounter, events } from './events.ts';
import { idempotencyKeys } from './idempotency-keys.ts';
import { jobSignals } from './job-signals.ts';
import { jobs } from './jobs.ts';
import { launchRefusals } from './launch-refusals.ts';
import { logChunks } from './log-chunks.ts';
import { metricBlocks, metricPoints, metricSeries } from './metric-points.ts';
import { models, modelVersions, stageChanges } from './models.ts';
import { offers } from './offers.ts';
import { providers } from './providers.ts';
import { providerSweeps, strayInstances } from './reconcile.ts';
import { collectorLeases, objectRefs, objectUses } from './retention.ts';
import { runnerEvents } from './runner-events.ts';
import { sessions, signInLinks } from './sessions.ts';
import { streams } from './streams.ts';

export const entities = [
  jobs,
  attempts,
  decisions,
  launchRefusals,
  capacityClaims,
  streams,
  metricPoints,
  metricSeries,
  metricBlocks,
  logChunks,
  checkpoints,
  models,
  modelVersions,
  stageChanges,
  events,
  eventCounter,
  idempotencyKeys,
  apiKeys,
  apiUptime,
  providers,
  catalogs,
  offers,
  runnerEvents,
  jobSignals,
  signInLinks,
  sessions,
  strayInstances,
  providerSweeps,
  objectRefs,
  objectUses,
  collectorLeases,
  jobDays,
  providerPrices,
];

/** Tables and columns as queries see them, taken from the entities: a wrong name does not compile. */
export type Database = InferKyselyDB<(typeof entities)[number], { columnNamingStrategy: 'property' }>;
