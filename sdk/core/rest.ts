import { mostEntries } from './most-entries.ts';
import { z } from 'zod';
import { markets } from './job-list.ts';
import { takenJobSpecSchema } from './job-spec.ts';
import { checkpointSummarySchema, logStreams } from './runner-contract.ts';
import { situationSchema } from './situation.ts';
import { attemptEndingKinds, attemptStates, jobStates, modelStages, endingEvidenceClasses } from './states.ts';

const timestamp = z.iso.datetime();

/** `isFinal`: computed from the provider's own times, and nothing can be added; otherwise an estimate until now. */
export const costSchema = z.object({ usdMicros: z.number().int(), isFinal: z.boolean() });
export type Cost = z.output<typeof costSchema>;

export const jobViewSchema = z.object({
  id: z.string(),
  /** From the job file, or made at submit. */
  name: z.string(),
  service: z.string(),
  model: z.string(),
  state: z.enum(jobStates),
  /** One sentence on why the job is in this state; empty while there is no problem. */
  message: z.string(),
  spec: takenJobSpecSchema,
  labels: z.record(z.string(), z.string()),
  priority: z.number().int(),
  /** Position among waiting jobs, 1 is next; null when the job does not wait for capacity. */
  queuePosition: z.number().int().nullable(),
  currentAttempt: z.number().int(),
  /** Provider of the newest attempt; before the first one the only choice of the job, or null. */
  provider: z.string().nullable(),
  market: z.enum(markets).nullable(),
  progress: z.number().nullable(),
  /** When the attempt that trains now began to; null while none does. With `progress` it tells how long is left. */
  trainingSince: timestamp.nullable(),
  /** Best value of the job's main metric; null without metrics. */
  bestMetric: z.object({ name: z.string(), value: z.number(), step: z.number().int() }).nullable(),
  /** The platform's present work for the job, and since when; null when the job has ended. */
  situation: situationSchema.nullable(),
  /**
   * The last request from the machine of its current attempt; three heartbeats are missing from `lateAt` on. Null while
   * no machine of it has spoken.
   */
  signOfLife: z.object({ at: timestamp, lateAt: timestamp }).nullable(),
  /** Time in which its command trained, over all its attempts, at the time of this answer. */
  trainingMs: z.number().int(),
  /** Estimated training time until progress 1; null while too little is known, and when the job has ended. */
  timeLeftMs: z.number().int().nullable(),
  result: z.object({ model: z.string(), version: z.number().int() }).nullable(),
  createdBy: z.string(),
  projectId: z.string(),
  createdAt: timestamp,
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
  cancelRequestedAt: timestamp.nullable(),
  /** Time since which no new attempt is launched; null when the job is not held. */
  heldAt: timestamp.nullable(),
  /** When a checkpoint was last requested of the current attempt; null without a request. */
  checkpointAskedAt: timestamp.nullable(),
  /** Sum over its attempts. */
  cost: costSchema,
  /** Price of its instances that exist now. */
  usdMicrosPerHour: z.number().int(),
  workflowId: z.string(),
});
export type JobView = z.output<typeof jobViewSchema>;

export const attemptViewSchema = z.object({
  id: z.string(),
  jobId: z.string(),
  attempt: z.number().int(),
  provider: z.string(),
  region: z.string(),
  /** Null: the provider chooses. Absent in answers of older servers. */
  zone: z.string().nullable().optional(),
  instanceType: z.string(),
  spot: z.boolean(),
  /** Price at launch; 0 on the local machine. */
  priceUsdMicrosPerHour: z.number().int(),
  /**
   * When the instance began to run and when it ended, by the provider's clock; null when unknown or not yet reached.
   */
  billedFrom: timestamp.nullable(),
  billedUntil: timestamp.nullable(),
  cost: costSchema,
  state: z.enum(attemptStates),
  /** The provider refuses each request to end its instance since this time; null when it does not. */
  endingRefused: z.object({ since: timestamp, tries: z.number().int(), error: z.string().nullable() }).nullable(),
  ending: z
    .object({
      kind: z.enum(attemptEndingKinds),
      exitCode: z.number().int().nullable(),
      signal: z.string().optional(),
      message: z.string(),
      evidence: z.enum(endingEvidenceClasses).optional(),
    })
    .nullable(),
  restoredFrom: z.string().nullable(),
  createdAt: timestamp,
  launchedAt: timestamp.nullable(),
  helloAt: timestamp.nullable(),
  /** Time of the last request from its machine, usually a heartbeat; null before the first. */
  lastHeartbeatAt: timestamp.nullable(),
  runningAt: timestamp.nullable(),
  endedAt: timestamp.nullable(),
  /** Why this attempt was made, in the failover policy's words. */
  reason: z.string(),
  checkpoints: z.array(checkpointSummarySchema),
});
export type AttemptView = z.output<typeof attemptViewSchema>;

export const metricPointSchema = z.object({
  attempt: z.number().int(),
  name: z.string(),
  step: z.number().int(),
  epoch: z.number().nullable(),
  time: timestamp,
  /** Null when the job reported NaN or an infinity; `nonFinite` then says which. */
  value: z.number().nullable(),
  nonFinite: z.enum(['NaN', 'Infinity', '-Infinity']).optional(),
});
export type MetricPoint = z.output<typeof metricPointSchema>;

export const metricSeriesSchema = z.object({
  /** By name and step, thinned; with `after` only new points, in the order in which they arrived. */
  items: z.array(metricPointSchema),
  /**
   * Pass it as `after` in the next request. A point that arrives while the series is read may appear in both answers.
   */
  nextAfter: z.number().int(),
  /** Only with `after`: the new points cannot be appended to the earlier ones. Read again without `after`. */
  reload: z.boolean(),
});
export type MetricSeries = z.output<typeof metricSeriesSchema>;

export const logPageSchema = z.object({
  attempt: z.number().int(),
  stream: z.enum(logStreams),
  offset: z.number().int(),
  nextOffset: z.number().int(),
  text: z.string(),
  /** Bytes left out just before this page because the job's logs exceeded their limit. */
  droppedBytes: z.number().int(),
  /** True when the attempt has ended and nothing follows. */
  complete: z.boolean(),
});
export type LogPage = z.output<typeof logPageSchema>;

export const tensorSignatureSchema = z.object({
  name: z.string(),
  type: z.string(),
  /** A string is an open dimension; null means any number of dimensions. */
  shape: z.array(z.union([z.number().int(), z.string()])).nullable(),
});
export const modelSignatureSchema = z.object({
  inputs: z.array(tensorSignatureSchema),
  outputs: z.array(tensorSignatureSchema),
  labels: z.array(z.string()).nullable(),
});
export type ModelSignature = z.output<typeof modelSignatureSchema>;

/** Format of a model file. Only ONNX runs here; the other formats run on an external server. */
export const modelFormats = [
  'onnx',
  'pytorch',
  'pickle',
  'savedmodel',
  'keras',
  'xgboost',
  'lightgbm',
  'safetensors',
  'tflite',
  'gguf',
  'other',
] as const;

/** `.` and `..` are refused: as part of a URL path they would lead to another place. */
const externalName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!\.{1,2}$)/);

/** A model's place on a server that speaks the Open Inference Protocol v2. */
export const externalModelSchema = z.strictObject({
  /** Base URL, without `/v2`; the installation must know the server (`ARTENIC_INFERENCE_SERVERS`). */
  url: z.url({ protocol: /^https?$/ }).max(1000),
  model: externalName,
  version: externalName.nullable().default(null),
});
export type ExternalModel = z.output<typeof externalModelSchema>;

export const modelVersionViewSchema = z.object({
  model: z.string(),
  version: z.number().int(),
  stage: z.enum(modelStages),
  format: z.string(),
  sha256: z.string(),
  bytes: z.number().int(),
  signature: modelSignatureSchema,
  metrics: z.record(z.string(), z.number()),
  jobId: z.string().nullable(),
  createdBy: z.string(),
  createdAt: timestamp,
  /** Where it runs, when this installation does not run it itself. */
  external: z.object({ url: z.string(), model: z.string(), version: z.string().nullable() }).nullable(),
});
export type ModelVersionView = z.output<typeof modelVersionViewSchema>;

export const modelViewSchema = z.object({
  name: z.string(),
  createdAt: timestamp,
  latestVersion: z.number().int(),
  productionVersion: z.number().int().nullable(),
});
export type ModelView = z.output<typeof modelViewSchema>;

export const stageChangeViewSchema = z.object({
  version: z.number().int(),
  from: z.enum(modelStages).nullable(),
  to: z.enum(modelStages),
  by: z.string(),
  at: timestamp,
  reason: z.string(),
});
export type StageChangeView = z.output<typeof stageChangeViewSchema>;

export const registerModelRequestSchema = z.strictObject({
  model: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
  /** Content id of a file uploaded to `/api/v1/objects/models`. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  metrics: mostEntries(z.record(z.string().min(1).max(128), z.number()), 1000).default({}),
  format: z.enum(modelFormats).default('onnx'),
  /** Required for every format except ONNX. */
  external: externalModelSchema.optional(),
});

export const capacityViewSchema = z.object({
  vcpu: z.number(),
  memoryGib: z.number(),
  gpus: z.number().int(),
  gpuType: z.string().nullable(),
});
export type CapacityView = z.output<typeof capacityViewSchema>;

export const providerViewSchema = z.object({
  name: z.string(),
  usable: z.boolean(),
  message: z.string(),
  capabilities: z.object({
    spot: z.boolean(),
    preemptionNotice: z.boolean(),
    idempotencyToken: z.boolean(),
    regions: z.boolean(),
  }),
  capacity: capacityViewSchema.nullable(),
  inUse: capacityViewSchema.nullable(),
  checkedAt: timestamp,
});
export type ProviderView = z.output<typeof providerViewSchema>;

export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };
