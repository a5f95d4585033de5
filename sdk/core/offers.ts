import { z } from 'zod';

const timestamp = z.iso.datetime();

/** One row of the catalog. */
export const offerViewSchema = z.object({
  provider: z.string(),
  region: z.string(),
  /** Null: the provider chooses. */
  zone: z.string().nullable(),
  instanceType: z.string(),
  spot: z.boolean(),
  vcpu: z.number(),
  memoryGib: z.number(),
  gpus: z.number().int(),
  gpuType: z.string().nullable(),
  priceUsdMicrosPerHour: z.number().int(),
  /** When the provider gave this price; null where nothing is billed. */
  pricedAt: timestamp.nullable(),
});
export type OfferView = z.output<typeof offerViewSchema>;

/** Freshness of one provider's catalog. */
export const catalogViewSchema = z.object({
  provider: z.string(),
  /** Null: it has never answered. */
  refreshedAt: timestamp.nullable(),
  /** The provider's message when the last refresh failed. */
  problem: z.string().nullable(),
});

export const offersViewSchema = z.object({
  /** Cheapest first. */
  items: z.array(offerViewSchema),
  /** Number of all matching offers, including those not listed. */
  total: z.number().int(),
  catalogs: z.array(catalogViewSchema),
});
export type OffersView = z.output<typeof offersViewSchema>;

/** One decision of the failover policy, with its reason. */
export const decisionViewSchema = z.object({
  decision: z.number().int(),
  /** The policy with its version. */
  policyVersion: z.string(),
  kind: z.enum(['launch', 'wait', 'watch', 'replace', 'finish']),
  reason: z.string(),
  /** The attempt that was launched, or whose ending ended the job. */
  attempt: z.number().int().nullable(),
  /** For a launch: the step from the last attempt's offer to this one. */
  step: z.string().nullable(),
  /** For a wait that a person has to end: its cause; otherwise null. */
  waitsFor: z.enum(['credentials', 'provider', 'release']).nullable().default(null),
  decidedAt: timestamp,
});
export type DecisionView = z.output<typeof decisionViewSchema>;

/** Refused launches of one offer for a job: one row, no matter how often it was refused. */
export const launchRefusalViewSchema = z.object({
  provider: z.string(),
  region: z.string(),
  /** Null: the provider chooses. */
  zone: z.string().nullable(),
  instanceType: z.string(),
  spot: z.boolean(),
  /** Reason of the last refusal. */
  kind: z.enum(['stockout', 'quota', 'unauthorized', 'unavailable']),
  message: z.string(),
  /** Number of refusals of this offer for this job. */
  total: z.number().int(),
  /** Attempt of the last refusal. */
  attempt: z.number().int(),
  firstAt: timestamp,
  lastAt: timestamp,
});
export type LaunchRefusalView = z.output<typeof launchRefusalViewSchema>;
