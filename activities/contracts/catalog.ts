/** `isAsked`: a job waits for the refresh, and everything is read anew; otherwise only the parts that are due. */
export type CatalogInput = { readonly provider: string; readonly isAsked?: true };

/** Runs on the provider's queue. */
export type CatalogActivities = {
  /** Reads the provider's offers and replaces the stored ones. */
  readonly refreshCatalog: (input: CatalogInput) => Promise<{ readonly offers: number }>;
};
