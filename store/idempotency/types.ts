export type StoredResponse = {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
};

export type IdempotencyRepository = {
  /**
   * Reserves the key for this request. `new`: go on, and call `complete` in the transaction of the effect.
   * `replay`: answer with what is stored. `in-flight` and `mismatch` as their names say. A reservation expires after `lockMs`.
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
  /** Holds a reservation that has no response yet until then. */
  readonly renew: (key: string, principalId: string, lockedUntil: Date) => Promise<void>;
  readonly complete: (key: string, principalId: string, response: StoredResponse) => Promise<void>;
  /** Gives the key back after a failure that had no effect. */
  readonly abandon: (key: string, principalId: string) => Promise<void>;
};
