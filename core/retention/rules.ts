const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Retention periods. */
export type Periods = {
  /** Checkpoints and spare objects of a job, after its end. */
  readonly checkpointsMs: number;
  /** Logs, histories and decisions of a job, after its end. */
  readonly detailsMs: number;
  /** A job with its attempts and outputs, after its end; the job stays as long as a model version names it. */
  readonly jobsMs: number;
  readonly eventsMs: number;
  /** Audit entries, after the action. */
  readonly auditMs: number;
  /** An uploaded object without a reference, after it was last requested or stored. */
  readonly uploadsMs: number;
};

export const defaultPeriods: Periods = {
  checkpointsMs: 14 * dayMs,
  detailsMs: 90 * dayMs,
  jobsMs: 365 * dayMs,
  eventsMs: 90 * dayMs,
  auditMs: 365 * dayMs,
  uploadsMs: 7 * dayMs,
};

/** Periods that need no setting. */
export const fixedPeriods = {
  /** A client gives up its retries long before two days have passed. */
  idempotencyKeysMs: 48 * hourMs,
  /** After the end of a sign-in. */
  sessionsMs: dayMs,
  /** Resolved strays are history, which the events record, too. */
  straysMs: 30 * dayMs,
  /** Delivered or abandoned messages. */
  noticesMs: 30 * dayMs,
  /** The folder of an instance on this machine, after its end. The attempt is settled by then. */
  instancesMs: dayMs,
  /** An instance folder with undelivered files, for a person to inspect. */
  undeliveredInstancesMs: 30 * dayMs,
  /** Between the end of an upload and the removal of its pieces: a request that is storing one has ended by then. */
  endedUploadsMs: hourMs,
} as const;

/** Steps of the collector, in their order. */
export const collectorSteps = [
  ...([
    'requests',
    'events',
    'old-checkpoints',
    'job-checkpoints',
    'job-details',
    'jobs',
    'datasets',
    'uploads',
  ] as const),
] as const;
export type CollectorStep = (typeof collectorSteps)[number];

/** How the data is removed: by a step of the collector, by its owner's code, or never. */
type Keep =
  /** Bounded by something other than time; `bound` names it. */
  | { readonly kind: 'for-good'; readonly bound: string }
  /** Removed in a step of the collector. */
  | { readonly kind: 'until'; readonly step: CollectorStep; readonly rule: string }
  /** Removed by its owner in the course of its own work. */
  | { readonly kind: 'own'; readonly rule: string };

/** The owner of a kind of data, and how long it is kept. */
export type RetentionRule = { readonly owner: string; readonly keep: Keep };

const forGood = (owner: string, bound: string): RetentionRule => ({ owner, keep: { kind: 'for-good', bound } });
const until = (owner: string, step: CollectorStep, rule: string): RetentionRule => ({
  owner,
  keep: { kind: 'until', step, rule },
});
const own = (owner: string, rule: string): RetentionRule => ({ owner, keep: { kind: 'own', rule } });

const withJob = 'with its job: `jobsMs` after the end, and as long as a model version names the job';
const withDataset = 'as long as its dataset, then removed in rounds';
const withDraft = 'until the draft is a version, is deleted, or has not changed for `uploadsMs`';
const withDetails = '`detailsMs` after the end of its job';
const withCheckpoints = '`checkpointsMs` after the end of its job; before that the newest three whole ones';

/** Every table of the database. A test compares this with the schema. */
export const tableRules: Readonly<Record<string, RetentionRule>> = {
  jobs: until('jobs', 'jobs', withJob),
  attempts: until('jobs', 'jobs', withJob),
  object_refs: until('jobs', 'job-details', `${withDetails}; that of a job that a model version names, with the job`),
  checkpoints: until('jobs', 'jobs', `${withJob}; its list of files goes with the objects`),
  decisions: until('jobs', 'job-details', withDetails),
  launch_refusals: until('jobs', 'job-details', withDetails),
  job_signals: until('jobs', 'job-details', withDetails),
  log_chunks: until('jobs', 'job-details', withDetails),
  runner_events: until('jobs', 'job-details', withDetails),
  streams: until('jobs', 'job-details', withDetails),
  metric_points: until('jobs', 'jobs', withJob),
  metric_series: until('jobs', 'jobs', withJob),
  metric_blocks: until('jobs', 'jobs', withJob),
  system_metrics: until('jobs', 'jobs', withJob),
  job_days: own('jobs', 'counts of ended jobs by day; a job that goes is taken off'),
  services: forGood('jobs', 'one row for each service'),
  capacity_claims: own('capacity', 'released when its attempt is settled, or its job, when the attempt was never made'),
  models: forGood('registry', 'by what people register'),
  model_versions: forGood('registry', 'by what people register'),
  stage_changes: forGood('registry', 'by what people promote and retire'),
  job_datasets: until('jobs', 'jobs', withJob),
  datasets: until('datasets', 'datasets', withDataset),
  dataset_versions: until('datasets', 'datasets', withDataset),
  dataset_nodes: until('datasets', 'datasets', withDataset),
  dataset_contents: until('datasets', 'datasets', withDataset),
  dataset_tags: until('datasets', 'datasets', withDataset),
  dataset_tag_moves: until('datasets', 'datasets', withDataset),
  dataset_drafts: until('datasets', 'datasets', withDraft),
  dataset_draft_contents: until('datasets', 'datasets', withDraft),
  dataset_profiles: until('datasets', 'datasets', withDataset),
  content_profiles: until('datasets', 'datasets', 'as long as a dataset has the content; with a purged one at once'),
  lineage_edges: own(
    'lineage',
    'with the thing that the edge belongs to (`core/lineage/relations.ts`); it stays when only the other end goes',
  ),
  runs: until('jobs', 'jobs', `${withJob}; one that a caller has opened, when a caller deletes it`),
  features: forGood('lineage', 'by what people define'),
  events: until('events', 'events', '`eventsMs` after they happened, by whole weeks'),
  outbox: until('outbox', 'requests', '30 days after it was written, when it is delivered or given up'),
  job_watchers: own('jobs', 'at the end of its job: it becomes a notice of the outbox; 100 a job'),
  audit_log: until('audit', 'requests', '`auditMs` after it was done'),
  event_counter: forGood('events', 'one row'),
  idempotency_keys: until('API', 'requests', '48 hours'),
  sign_in_links: until('API', 'requests', 'a day behind their end'),
  sessions: until('API', 'requests', 'a day behind their end'),
  saved_views: forGood('API', 'by what people save: at most 100 for each user'),
  api_keys: forGood('API', 'by the keys that people make'),
  providers: forGood('providers', 'one row for each provider'),
  provider_prices: forGood('providers', 'one row for each provider'),
  catalogs: forGood('providers', 'one row for each provider'),
  offers: own('providers', 'as long as its provider offers it; at most 50,000 for each provider'),
  api_uptime: forGood('API', 'one row'),
  workers: own('worker', 'a day after the process was last alive'),
  provider_sweeps: forGood('reconciler', 'one row for each provider'),
  stray_instances: until('reconciler', 'requests', '30 days after they were resolved'),
  uploads: until('uploads', 'uploads', '`uploadsMs` after its last piece, or an hour after it was given up'),
  upload_pieces: until('uploads', 'uploads', 'until all pieces of the upload are one object, else with the upload'),
  object_uses: until('collector', 'uploads', 'with the object'),
  collector_leases: forGood('collector', 'one row'),
  migrations: forGood('store', 'one row for each migration'),
};

/** Every kind of object. A test compares this with the keys of `objectKeys`. */
export const objectKinds = [
  ...(['program', 'package', 'data', 'model', 'checkpoint', 'spare', 'log', 'history', 'completion'] as const),
  ...(['output', 'copy', 'upload'] as const),
] as const;
export type ObjectKind = (typeof objectKinds)[number];

export const objectRules: Readonly<Record<ObjectKind, RetentionRule>> = {
  program: forGood('providers', 'one runner for each release, and one Node for each version'),
  package: until('jobs', 'uploads', 'as long as a job has a reference, then `uploadsMs` after its last use'),
  data: until(
    'jobs, datasets',
    'uploads',
    'as long as a job or a dataset has a reference, then `uploadsMs` after its last use; a purged one at once',
  ),
  model: until('registry', 'uploads', 'as long as a model version has it, else `uploadsMs` after its last use'),
  checkpoint: until('jobs', 'job-checkpoints', withCheckpoints),
  spare: until('jobs', 'job-checkpoints', '`checkpointsMs` after the end of its job'),
  log: until('jobs', 'job-details', withDetails),
  history: until('jobs', 'job-details', withDetails),
  completion: until('jobs', 'jobs', withJob),
  output: until('jobs', 'jobs', withJob),
  copy: until('datasets', 'uploads', 'a Parquet copy for previews: as long as the profile that made it'),
  upload: until('uploads', 'uploads', 'until all pieces of the upload are one object, else with the upload'),
};

/** Files outside of object storage. */
export const folderRules: Readonly<Record<string, RetentionRule>> = {
  'instances/<id>': own(
    'local provider',
    'a day behind the end of the instance, when its attempt is settled; 30 days when it holds what could not be delivered',
  ),
  'cache/data': own('runner', 'contents used last, up to a number of bytes; half-fetched ones for an hour'),
  'cache/models': own('API', 'the files used last, up to a number of bytes; half-written ones for an hour'),
  'cache/previews': own('API', 'an hour after the last use, and up to a number of bytes'),
  'cache/preview-readers': own('API', 'as long as a reader of previews; the rest goes at the next start'),
  'objects/.tmp': own('storage', 'a day: what is older was left by a process that died'),
  'tmp/<process>': own('worker', 'as long as the work on it; what a killed process has left goes at the next start'),
};

/** Kinds that have their own top-level folder. */
const plainKinds: ReadonlyMap<string, ObjectKind> = new Map([
  ['programs', 'program'],
  ['packages', 'package'],
  ['data', 'data'],
  ['models', 'model'],
  ['copies', 'copy'],
  ['uploads', 'upload'],
]);

/** Null for a key that the platform did not create; such an object is left alone. */
export function objectKindOf(key: string): ObjectKind | null {
  const [first, jobId, third, , fifth] = key.split('/');
  const plain = plainKinds.get(first ?? '');
  if (plain !== undefined) return plain;
  if (first !== 'jobs') return null;
  if (jobId === undefined || third === undefined) return null;
  if (third === 'checkpoints') return 'checkpoint';
  if (third === 'spares') return 'spare';
  if (third === 'history.json') return 'history';
  if (third !== 'attempts') return null;
  if (fifth === 'logs') return 'log';
  if (fifth === 'completion.json') return 'completion';
  return fifth === 'outputs' ? 'output' : null;
}
