import type { Capacity } from '../capacity/types.ts';
import type { Offer } from '../failover/types.ts';

/** An offer with the resources of its machine. `gpuType` is null without accelerators. */
export type CatalogOffer = Offer & { readonly resources: Capacity & { readonly gpuType: string | null } };

/** Most offers kept for one provider; if it has more, the cheapest are kept. */
export const mostOffersOfProvider = 50_000;

/** Filter for offers. An absent field does not restrict. */
export type OfferSearch = {
  /** Among equal prices, offers of an earlier provider come first. */
  readonly providers?: readonly string[] | undefined;
  /** An empty list allows every region. */
  readonly regions?: readonly string[] | undefined;
  /** Providers that have no regions to choose from; `regions` does not apply to them. */
  readonly withoutRegions?: readonly string[] | undefined;
  /** Any when absent. */
  readonly instanceTypes?: readonly string[] | undefined;
  readonly spot?: boolean | undefined;
  readonly gpuType?: string | undefined;
  /** Minimum resources. */
  readonly needs?: Partial<Capacity> | undefined;
  readonly mostUsdMicrosPerHour?: number | undefined;
};

export type OfferTypeSearch = OfferSearch & {
  /** A part of the name of the type, of its GPU or of its provider. */
  readonly search?: string | undefined;
  readonly sort: 'price' | 'name' | 'cores' | 'memory' | 'gpus';
  readonly limit: number;
};

/** All offers of one machine type of a provider. */
export type OfferType = Capacity & {
  readonly provider: string;
  readonly instanceType: string;
  readonly gpuType: string | null;
  readonly regions: number;
  /** Zones; a provider that chooses the zone has one for each region. */
  readonly places: number;
  /** Null: not in this market. */
  readonly spotFromUsdMicrosPerHour: number | null;
  readonly onDemandFromUsdMicrosPerHour: number | null;
};
