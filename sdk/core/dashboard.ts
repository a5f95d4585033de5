import { z } from 'zod';
import { liveEventSchema } from './live.ts';
import { modelVersionViewSchema, modelViewSchema } from './models.ts';
import { jobStates } from './states.ts';

const timestamp = z.iso.datetime();
const count = z.number().int().min(0);

/**
 * The signed-in principal and the end of its session. `method`: whether this request carried a session cookie or an API
 * key.
 */
export const sessionViewSchema = z.object({
  name: z.string(),
  projectId: z.string(),
  method: z.enum(['session', 'api-key']),
  /** Null for an API key, which does not expire. */
  expiresAt: timestamp.nullable(),
});
export type SessionView = z.output<typeof sessionViewSchema>;

/** Either the token of a one-time link, or an API key. */
export const signInRequestSchema = z.union([
  z.strictObject({ token: z.string().min(1).max(128) }).meta({ id: 'SignInByLink' }),
  z.strictObject({ apiKey: z.string().min(1).max(512) }).meta({ id: 'SignInByKey' }),
]);

/**
 * A sign-in link that works once. The token belongs behind `/sign-in#token=`, so that it reaches no server and no log.
 */
export const signInLinkSchema = z.object({ token: z.string(), expiresAt: timestamp });

export const platformViewSchema = z.object({
  version: z.string(),
  /** URL of Temporal's Web UI, if known. */
  temporalUi: z.string().nullable(),
  temporalNamespace: z.string(),
});
export type PlatformView = z.output<typeof platformViewSchema>;

/** Ended jobs of one UTC day. */
const dayViewSchema = z.object({
  day: z.iso.date(),
  succeeded: count,
  failed: count,
  cancelled: count,
  timedOut: count,
});

export const overviewViewSchema = z.object({
  /** Contains every state. */
  jobsByState: z.record(z.enum(jobStates), count),
  /** The last 14 days, oldest first, including days without jobs. */
  days: z.array(dayViewSchema),
  /**
   * Time from submission to the start of training, over the jobs submitted in the last seven days; null without jobs.
   */
  timeToStart: z.object({ medianMs: z.number(), p95Ms: z.number(), jobs: count }).nullable(),
  /** Attempts after the first, over the jobs submitted in the last seven days. */
  recoveries: count,
  models: count,
  versions: count,
  modelsInProduction: count,
  providers: count,
  usableProviders: count,
});
export type OverviewView = z.output<typeof overviewViewSchema>;

/** A model with its latest versions, newest first. */
export const registryItemSchema = z.object({
  model: modelViewSchema,
  versions: z.array(
    modelVersionViewSchema.pick({ version: true, stage: true, metrics: true, createdAt: true, jobId: true }),
  ),
});
export type RegistryItem = z.output<typeof registryItemSchema>;

export const activitySchema = z.object({
  items: z.array(liveEventSchema),
  /** Pass it as `before` to get earlier events; null at the end. */
  nextBefore: z.number().int().nullable(),
});

export const outputFileSchema = z.object({ attempt: z.number().int(), path: z.string(), bytes: count });
export type OutputFile = z.output<typeof outputFileSchema>;
