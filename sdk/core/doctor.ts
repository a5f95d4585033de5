import { z } from 'zod';

const timestamp = z.iso.datetime();
const count = z.number().int().min(0);
const usdMicros = z.number().int().nullable();

/**
 * Why an instance should not be there:
 * - `unknown-attempt`: it carries our tag, but no row knows its attempt.
 * - `attempt-settled`: its attempt has ended.
 * - `duplicate`: its attempt has another one.
 * - `abandoned`: its attempt has not ended, but no workflow will ever come back to it.
 * - `not-ending`: its own workflow has asked for its end, and the provider does not do it.
 */
export const strayReasons = ['unknown-attempt', 'attempt-settled', 'duplicate', 'abandoned', 'not-ending'] as const;
export type StrayReason = (typeof strayReasons)[number];

/** Why a provider cannot be used, as far as its adapter can tell. */
export const providerProblems = ['credentials', 'quota', 'unreachable', 'refused'] as const;
export type ProviderProblem = (typeof providerProblems)[number];

/** An instance that exists at its provider and should not: what it costs since `since` is waste. */
export const unresolvedInstanceSchema = z.object({
  provider: z.string(),
  instanceId: z.string(),
  region: z.string(),
  attemptId: z.string(),
  /** Null when its attempt's id is none of ours. */
  jobId: z.string().nullable(),
  reason: z.enum(strayReasons),
  since: timestamp,
  /** Until then it is left alone; null when its own workflow is ending it. */
  graceEndsAt: timestamp.nullable(),
  isInGrace: z.boolean(),
  /** Price as its attempt was launched, and what it has cost since `since`; null when no row says the price. */
  priceUsdMicrosPerHour: usdMicros,
  costUsdMicros: usdMicros,
  tries: count,
  lastTriedAt: timestamp.nullable(),
  lastError: z.string().nullable(),
});
export type UnresolvedInstance = z.output<typeof unresolvedInstanceSchema>;

const sweepViewSchema = z.object({
  startedAt: timestamp,
  finishedAt: timestamp,
  /** When a sweep last came to its end. */
  succeededAt: timestamp.nullable(),
  /** Why the last one did not. */
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
  /** In the provider's own words. */
  message: z.string(),
  checkedAt: timestamp.nullable(),
  /** How far the clock of the worker that checked it is ahead of PostgreSQL's. */
  clockSkewMs: z.number().nullable(),
  /** When the newest price was said that something was launched for. */
  pricedAt: timestamp.nullable(),
  sweep: sweepViewSchema.nullable(),
  unresolved: count,
});
export type DoctorProvider = z.output<typeof doctorProviderSchema>;

export const doctorReportSchema = z.object({
  /** Whether there is nothing to put right. */
  ok: z.boolean(),
  now: timestamp,
  /** How far the API's clock is ahead of PostgreSQL's. */
  clockSkewMs: z.number(),
  temporal: z.enum(['ok', 'unreachable']),
  providers: z.array(doctorProviderSchema),
  unresolved: z.array(unresolvedInstanceSchema),
  /** What is wrong, and what a person can do. */
  problems: z.array(z.object({ subject: z.string(), message: z.string(), advice: z.string() })),
});
export type DoctorReport = z.output<typeof doctorReportSchema>;
