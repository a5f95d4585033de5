import type { CatalogOffer, OfferSearch, OfferType, OfferTypeSearch } from '../../core/catalog/catalog.ts';
import type { CatalogAge } from '../../core/catalog/freshness.ts';
import type { ErrorType } from '../../core/errors.ts';

/** Freshness of a provider's catalog. */
export type CatalogRecord = CatalogAge & {
  /** Null if the provider has never answered. */
  readonly refreshedAt: Date | null;
  readonly triedAt: Date;
};

/** Offers are rows that only refreshes write: all other code reads them and asks no provider. */
export type CatalogsRepository = {
  /** Replaces the known offers of the provider; with `spot` only its spot offers. Unchanged rows are not written. */
  readonly put: (provider: string, offers: readonly CatalogOffer[], part: 'all' | 'spot', at: Date) => Promise<void>;
  /** Stores the provider's error; the known offers stay. */
  readonly refused: (
    provider: string,
    problem: { readonly type: ErrorType; readonly message: string },
    at: Date,
  ) => Promise<void>;
  readonly find: (provider: string) => Promise<CatalogRecord | null>;
  /** Ordered by name. */
  readonly list: () => Promise<readonly CatalogRecord[]>;
  /** Cheapest first, at most `limit`. */
  readonly search: (query: OfferSearch & { readonly limit: number }) => Promise<readonly CatalogOffer[]>;
  readonly count: (query: OfferSearch) => Promise<number>;
  /** By machine type, at most `limit`, and the number of all matching types. */
  readonly types: (query: OfferTypeSearch) => Promise<{ readonly items: readonly OfferType[]; readonly total: number }>;
};
