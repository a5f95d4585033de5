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

export type CatalogView = z.output<typeof catalogViewSchema>;

export const offersViewSchema = z.object({
  /** Cheapest first. */
  items: z.array(offerViewSchema),
  /** Number of all matching offers, including those not listed. */
  total: z.number().int(),
  catalogs: z.array(catalogViewSchema),
});
export type OffersView = z.output<typeof offersViewSchema>;

/** Orders of machine types. */
export const offerTypeSorts = ['price', 'name', 'cores', 'memory', 'gpus'] as const;
export type OfferTypeSort = (typeof offerTypeSorts)[number];

/** All offers of one machine type of a provider. */
export const offerTypeViewSchema = z.object({
  provider: z.string(),
  instanceType: z.string(),
  vcpu: z.number(),
  memoryGib: z.number(),
  gpus: z.number().int(),
  gpuType: z.string().nullable(),
  regions: z.number().int(),
  /** Zones; a provider that chooses the zone has one for each region. */
  places: z.number().int(),
  /** The lowest price; null where the type is not in this market. */
  spotFromUsdMicrosPerHour: z.number().int().nullable(),
  onDemandFromUsdMicrosPerHour: z.number().int().nullable(),
});
export type OfferTypeView = z.output<typeof offerTypeViewSchema>;

export const offerTypesViewSchema = z.object({
  items: z.array(offerTypeViewSchema),
  /** Number of all matching types, including those not listed. */
  total: z.number().int(),
  catalogs: z.array(catalogViewSchema),
});
export type OfferTypesView = z.output<typeof offerTypesViewSchema>;

/** Where a job would run first if it were submitted now. */
export const firstLaunchViewSchema = z.object({
  /** Null: it would wait or fail; `reason` says why. */
  offer: offerViewSchema
    .pick({ provider: true, region: true, zone: true, instanceType: true, spot: true, priceUsdMicrosPerHour: true })
    .nullable(),
  reason: z.string(),
});
export type FirstLaunchView = z.output<typeof firstLaunchViewSchema>;

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
