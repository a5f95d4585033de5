import type { Capacity } from '../capacity/types.ts';
import type { Offer } from '../failover/types.ts';

/** What an offer is made of. `gpuType` is null without accelerators. */
export type CatalogOffer = Offer & { readonly resources: Capacity & { readonly gpuType: string | null } };

/** Of one provider; of more the cheapest are kept. */
export const mostOffersOfProvider = 50_000;

/** What is wanted of offers; what is absent leaves all of them. */
export type OfferSearch = {
  /** Of equal prices those of an earlier provider come first. */
  readonly providers?: readonly string[] | undefined;
  /** Any when empty. */
  readonly regions?: readonly string[] | undefined;
  /** Providers that have no regions to choose from. */
  readonly withoutRegions?: readonly string[] | undefined;
  /** Any when absent. */
  readonly instanceTypes?: readonly string[] | undefined;
  readonly spot?: boolean | undefined;
  readonly gpuType?: string | undefined;
  /** At least so much. */
  readonly needs?: Partial<Capacity> | undefined;
  readonly mostUsdMicrosPerHour?: number | undefined;
};
