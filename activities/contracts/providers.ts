/** On the queue of its provider. */
export type CheckActivities = {
  /** Looks whether the provider can be used, and writes that down. */
  readonly checkProvider: (input: { readonly provider: string }) => Promise<{
    readonly usable: boolean;
    readonly message: string;
  }>;
};
