export type StoredResponse = {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
};

export type IdempotencyRepository = {
  /**
   * Reserves the key for this request. `new`: continue, and call `complete` in the transaction of the effect. `replay`:
   * answer with the stored response. `in-flight`: the same request is under way. `mismatch`: the key was used for
   * another request. A reservation expires after `lockMs`.
   */
  readonly begin: (request: {
    readonly key: string;
    readonly principalId: string;
    readonly route: string;
    readonly bodySha256: string;
    readonly now: Date;
    readonly lockMs: number;
  }) => Promise<
    | { readonly kind: 'new' }
    | { readonly kind: 'in-flight' }
    | { readonly kind: 'mismatch' }
    | { readonly kind: 'replay'; readonly response: StoredResponse }
  >;
  /** Extends a reservation without a response until `lockedUntil`. */
  readonly renew: (key: string, principalId: string, lockedUntil: Date) => Promise<void>;
  readonly complete: (key: string, principalId: string, response: StoredResponse) => Promise<void>;
  /** Releases the key after a failure without effect. */
  readonly abandon: (key: string, principalId: string) => Promise<void>;
};
