import type { CatalogOffer, OfferSearch } from '../../core/catalog/catalog.ts';
import type { CatalogAge } from '../../core/catalog/freshness.ts';
import type { ErrorType } from '../../core/errors.ts';

/** How fresh what is known of a provider's offers is. */
export type CatalogRecord = CatalogAge & {
  /** Null when it has never answered. */
  readonly refreshedAt: Date | null;
  readonly triedAt: Date;
};

/** Offers are rows, which are written by refreshes alone: everything else reads them, and asks no provider. */
export type CatalogsRepository = {
  /**
   * Puts what the provider offers in the place of what was known; of `spot` its spot machines alone. Rows that are as they were
   * are not written.
   */
  readonly put: (provider: string, offers: readonly CatalogOffer[], part: 'all' | 'spot', at: Date) => Promise<void>;
  /** The offers that are known stay. */
  readonly refused: (
    provider: string,
    problem: { readonly type: ErrorType; readonly message: string },
    at: Date,
  ) => Promise<void>;
  readonly find: (provider: string) => Promise<CatalogRecord | null>;
  /** By name. */
  readonly list: () => Promise<readonly CatalogRecord[]>;
  /** Cheapest first, at most `limit`. */
  readonly search: (query: OfferSearch & { readonly limit: number }) => Promise<readonly CatalogOffer[]>;
  readonly count: (query: OfferSearch) => Promise<number>;
};
