import { z } from 'zod';
import { markets } from './job-list.ts';
import { takenJobSpecSchema } from './job-spec.ts';
import { checkpointSummarySchema, logStreams } from './runner-contract.ts';
import { situationSchema } from './situation.ts';
import { attemptEndingKinds, attemptStates, jobStates, endingEvidenceClasses } from './states.ts';

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
