import { z } from 'zod';

const timestamp = z.iso.datetime();
const count = z.number().int().min(0);
const usdMicros = z.number().int().nullable();

/**
 * Reasons why an instance should not exist:
 * - `unknown-attempt`: it carries the platform's tag, but no row knows its attempt.
 * - `attempt-settled`: its attempt has ended.
 * - `duplicate`: its attempt has another instance.
 * - `abandoned`: its attempt has not ended, but no workflow will continue it.
 * - `not-ending`: its own workflow has requested its end, but the provider does not end it.
 */
export const strayReasons = ['unknown-attempt', 'attempt-settled', 'duplicate', 'abandoned', 'not-ending'] as const;
export type StrayReason = (typeof strayReasons)[number];

/** Why a provider cannot be used, as far as its adapter knows. */
export const providerProblems = ['credentials', 'quota', 'unreachable', 'refused'] as const;
export type ProviderProblem = (typeof providerProblems)[number];

/** An instance that exists at its provider but should not: its cost since `since` is waste. */
export const unresolvedInstanceSchema = z.object({
  provider: z.string(),
  instanceId: z.string(),
  region: z.string(),
  attemptId: z.string(),
  /** Null when its attempt id is not one of this platform. */
  jobId: z.string().nullable(),
  reason: z.enum(strayReasons),
  since: timestamp,
  /** It is not terminated before this time; null when its own workflow is ending it. */
  graceEndsAt: timestamp.nullable(),
  isInGrace: z.boolean(),
  /** Price at which its attempt was launched, and its cost since `since`; null when no row contains the price. */
  priceUsdMicrosPerHour: usdMicros,
  costUsdMicros: usdMicros,
  tries: count,
  lastTriedAt: timestamp.nullable(),
  lastError: z.string().nullable(),
  /** Command of the provider's own CLI that ends it; null when there is none. */
  endCommand: z.string().nullable(),
});
export type UnresolvedInstance = z.output<typeof unresolvedInstanceSchema>;

/** `POST /api/v1/instances/unresolved/retry`. */
export const retryEndRequestSchema = z.strictObject({
  provider: z.string().min(1).max(63),
  instanceId: z.string().min(1).max(255),
});

const sweepViewSchema = z.object({
  startedAt: timestamp,
  finishedAt: timestamp,
  /** End of the last sweep that succeeded. */
  succeededAt: timestamp.nullable(),
  /** Error of the last sweep, if it failed. */
  error: z.string().nullable(),
  findings: z
    .object({
      instances: count,
      attempts: count,
      strays: count,
      terminated: count,
      refused: count,
      settled: count,
      restarted: count,
      confirmed: count,
    })
    .nullable(),
});

const doctorProviderSchema = z.object({
  name: z.string(),
  state: z.enum(['usable', 'unusable', 'not-configured']),
  problem: z.enum(providerProblems).nullable(),
  /** The provider's own message. */
  message: z.string(),
  checkedAt: timestamp.nullable(),
  /** How far the clock of the checking worker is ahead of PostgreSQL's. */
  clockSkewMs: z.number().nullable(),
  /** Time of the newest price at which an instance was launched. */
  pricedAt: timestamp.nullable(),
  sweep: sweepViewSchema.nullable(),
  unresolved: count,
});
export type DoctorProvider = z.output<typeof doctorProviderSchema>;

/**
 * Kinds of faults that need a person:
 * - `temporal-away`: Temporal does not answer.
 * - `temporal-setup`: Temporal's namespace, retention or search attributes are not as workers need them.
 * - `worker-gone`: no worker process serves the platform's queue, or a provider's.
 * - `jobs-not-taken`: jobs are queued although a worker is alive.
 * - `provider-unchecked`, `provider-unusable`: no worker checks the provider; the check says that it cannot be used.
 * - `offers-old`: its offers are too old for a launch.
 * - `sweep-late`: its instances have not been compared with the rows for a while.
 * - `clock`: two clocks differ.
 * - `ending-refused`: the provider refuses to end an attempt's instance, and the job cannot continue.
 * - `orphaned-instance`: an instance that should not exist is billed.
 * - `silent-machine`, `mute-machines`: machines whose runners do not report.
 */
export const doctorProblemKinds = [
  ...([
    'temporal-away',
    'temporal-setup',
    'worker-gone',
    'jobs-not-taken',
    'provider-unchecked',
    'provider-unusable',
  ] as const),
  ...(['offers-old', 'sweep-late', 'clock', 'ending-refused', 'orphaned-instance'] as const),
  ...(['silent-machine', 'mute-machines'] as const),
] as const;

/** A fault that a person has to repair. */
export const doctorProblemSchema = z.object({
  /** The same fault keeps its id. */
  id: z.string(),
  kind: z.enum(doctorProblemKinds),
  /** `critical`: work stands still or money is lost. */
  severity: z.enum(['critical', 'warning']),
  /** The provider, or the part of the platform. */
  subject: z.string(),
  message: z.string(),
  /** The step that a person can take. */
  advice: z.string(),
  /** Null when the beginning is not known. */
  since: timestamp.nullable(),
  /** Open jobs that cannot continue, or may be delayed, because of it. */
  jobsBlocked: count,
  /** The job and the provider that it belongs to; null when there is none. */
  jobId: z.string().nullable(),
  provider: z.string().nullable(),
});
export type DoctorProblem = z.output<typeof doctorProblemSchema>;

/** A worker process, by its own reports. */
const doctorWorkerSchema = z.object({
  /** `control` and the providers that it serves. */
  queues: z.array(z.string()),
  startedAt: timestamp,
  seenAt: timestamp,
  /** `gone`: it has not reported for 30 s. */
  state: z.enum(['alive', 'gone']),
});
export type DoctorWorker = z.output<typeof doctorWorkerSchema>;

export const doctorReportSchema = z.object({
  /** True when there are no problems to fix. */
  ok: z.boolean(),
  now: timestamp,
  /** How far the API's clock is ahead of PostgreSQL's. */
  clockSkewMs: z.number(),
  temporal: z.enum(['ok', 'unreachable']),
  providers: z.array(doctorProviderSchema),
  unresolved: z.array(unresolvedInstanceSchema),
  /** Worker processes of the last day, at most 200, last seen first. */
  workers: z.array(doctorWorkerSchema),
  /** Faults that a person has to repair, critical ones first. */
  problems: z.array(doctorProblemSchema.meta({ id: 'DoctorProblem' })),
});
export type DoctorReport = z.output<typeof doctorReportSchema>;
