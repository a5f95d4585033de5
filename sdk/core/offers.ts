import { z } from 'zod';

const timestamp = z.iso.datetime();

/** One row of the catalog. */
export const offerViewSchema = z.object({
  provider: z.string(),
  region: z.string(),
  /** null: the provider chooses. */
  zone: z.string().nullable(),
  instanceType: z.string(),
  spot: z.boolean(),
  vcpu: z.number(),
  memoryGib: z.number(),
  gpus: z.number().int(),
  gpuType: z.string().nullable(),
  priceUsdMicrosPerHour: z.number().int(),
  /** When the provider said this price; null where nothing is billed. */
  pricedAt: timestamp.nullable(),
});
export type OfferView = z.output<typeof offerViewSchema>;

/** How fresh what is known of one provider's offers is. */
export const catalogViewSchema = z.object({
  provider: z.string(),
  /** null: it has never answered. */
  refreshedAt: timestamp.nullable(),
  /** What it said when it was asked last and refused. */
  problem: z.string().nullable(),
});

export const offersViewSchema = z.object({
  /** Cheapest first. */
  items: z.array(offerViewSchema),
  /** How many there are, shown or not. */
  total: z.number().int(),
  catalogs: z.array(catalogViewSchema),
});
export type OffersView = z.output<typeof offersViewSchema>;

/** One decision of the failover: what came next, and why. */
export const decisionViewSchema = z.object({
  decision: z.number().int(),
  /** The rule, with its version. */
  policyVersion: z.string(),
  kind: z.enum(['launch', 'wait', 'watch', 'replace', 'finish']),
  reason: z.string(),
  /** The attempt that was launched, or whose ending ended the job. */
  attempt: z.number().int().nullable(),
  /** Of a launch: the way from the last attempt's offer. */
  step: z.string().nullable(),
  decidedAt: timestamp,
});
export type DecisionView = z.output<typeof decisionViewSchema>;

/** What came of the launches of one offer for a job: one row however often it was refused. */
export const launchRefusalViewSchema = z.object({
  provider: z.string(),
  region: z.string(),
  /** null: the provider chooses. */
  zone: z.string().nullable(),
  instanceType: z.string(),
  spot: z.boolean(),
  /** Why it was refused last. */
  kind: z.enum(['stockout', 'quota', 'unauthorized', 'unavailable']),
  message: z.string(),
  /** Refusals of this offer for this job. */
  total: z.number().int(),
  /** The attempt that was refused last. */
  attempt: z.number().int(),
  firstAt: timestamp,
  lastAt: timestamp,
});
export type LaunchRefusalView = z.output<typeof launchRefusalViewSchema>;
