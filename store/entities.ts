import type { InferKyselyDB } from '@mikro-orm/sql';
import { apiKeys } from './access/api-key-entity.ts';
import { apiUptime } from './uptime/entity.ts';
import { attempts } from './attempts/entity.ts';
import { auditLog } from './audit/entity.ts';
import { capacityClaims } from './capacity/entity.ts';
import { catalogs } from './catalog/entity.ts';
import { checkpoints } from './checkpoints/entity.ts';
import { jobDays, providerPrices } from './overview/entity.ts';
import {
  datasetContents,
  datasetDraftContents,
  datasetDrafts,
  datasetNodes,
  datasets,
  datasetTagMoves,
  datasetTags,
  datasetVersions,
} from './datasets/entity.ts';
import { jobDatasets } from './datasets/job-entity.ts';
import { decisions } from './decisions/entity.ts';
import { eventCounter, events } from './events/entity.ts';
import { features } from './features/entity.ts';
import { idempotencyKeys } from './idempotency/entity.ts';
import { jobSignals } from './signals/entity.ts';
import { jobs, services } from './jobs/entity.ts';
import { lineageEdges } from './lineage/entity.ts';
import { launchRefusals } from './launch-refusals/entity.ts';
import { logChunks } from './logs/entity.ts';
import { metricBlocks, metricPoints, metricSeries } from './metrics/entity.ts';
import { models, modelVersions, stageChanges } from './models/entity.ts';
import { offers } from './catalog/offer-entity.ts';
import { contentProfiles, datasetProfiles } from './profiles/entity.ts';
import { jobWatchers, outbox } from './outbox/entity.ts';
import { providers } from './providers/entity.ts';
import { providerSweeps, strayInstances } from './reconcile/entity.ts';
import { collectorLeases, objectRefs, objectUses } from './retention/entity.ts';
import { runs } from './runs/entity.ts';
import { runnerEvents } from './runner-events/entity.ts';
import { savedViews } from './views/entity.ts';
import { sessions, signInLinks } from './access/session-entity.ts';
import { streams } from './streams/entity.ts';
import { systemMetrics } from './system-metrics/entity.ts';
import { uploadPieces, uploads } from './uploads/entity.ts';
import { workers } from './worker-processes/entity.ts';

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
  systemMetrics,
  logChunks,
  checkpoints,
  models,
  modelVersions,
  stageChanges,
  auditLog,
  jobWatchers,
  outbox,
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
  services,
  savedViews,
  datasets,
  datasetVersions,
  datasetNodes,
  datasetContents,
  datasetTags,
  datasetTagMoves,
  jobDatasets,
  datasetDrafts,
  datasetDraftContents,
  contentProfiles,
  datasetProfiles,
  uploads,
  uploadPieces,
  lineageEdges,
  runs,
  features,
  workers,
];

/** Tables and columns as seen by queries, derived from the entities: a wrong name does not compile. */
export type Database = InferKyselyDB<(typeof entities)[number], { columnNamingStrategy: 'property' }>;
