/** `isAsked`: a job waits for it, and everything is read anew; else what is due. */
export type CatalogInput = { readonly provider: string; readonly isAsked?: true };

/** On the queue of its provider. */
export type CatalogActivities = {
  /** Reads what the provider offers and puts it in the place of what was known. */
  readonly refreshCatalog: (input: CatalogInput) => Promise<{ readonly offers: number }>;
};
