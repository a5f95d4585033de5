/** Runs on the provider's queue. */
export type CheckActivities = {
  /** Checks whether the provider is usable, and stores the result. */
  readonly checkProvider: (input: { readonly provider: string }) => Promise<{
    readonly usable: boolean;
    readonly message: string;
  }>;
};
