import type { AttemptEnding, TerminalJobState } from '@artenic/core';

/** What can be launched: one row of the catalog, as it was when chosen. */
export type Offer = {
  readonly provider: string;
  readonly region: string;
  readonly instanceType: string;
  readonly spot: boolean;
  /** Price in USD micros per hour; 0 for the local machine. */
  readonly priceUsdMicrosPerHour: number;
  /** The rest of the price row; absent where nothing is billed. */
  readonly billing?: {
    /** When the provider said this price. */
    readonly pricedAt: string;
    readonly minimumSeconds: number;
    readonly granularitySeconds: number;
  };
};

export type EndedAttempt = {
  readonly attempt: number;
  readonly offer: Offer;
  readonly ending: AttemptEnding;
  readonly ranMs: number;
  /** Milliseconds since 1970. Waits are counted from here, so that the rule itself remembers nothing. */
  readonly endedAtMs: number;
};

/** The newest attempt when its row has no ending yet: it was left by a run that was cut off. */
export type OpenAttempt = { readonly attempt: number; readonly offer: Offer };

/** Everything the policy may look at. */
export type FailoverState = {
  /** Ended attempts, ascending by number. */
  readonly attempts: readonly EndedAttempt[];
  readonly openAttempt: OpenAttempt | null;
  /** In order of preference. */
  readonly offers: readonly Offer[];
  readonly cancelRequested: boolean;
  readonly retryOnExitCodes: readonly number[];
  /** Milliseconds since 1970 when `maxHours` ends; null before the job has run. */
  readonly stopAtMs: number | null;
  readonly nowMs: number;
};

export type FailoverAction =
  | {
      readonly kind: 'launch';
      readonly attempt: number;
      readonly offer: Offer;
      readonly reason: string;
      /** The attempt exists already, perhaps with its instance: it is taken over, not made. */
      readonly takeOver?: true;
    }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly reason: string }
  | {
      readonly kind: 'finish';
      readonly state: TerminalJobState;
      readonly attempt: number | null;
      readonly reason: string;
    };

/** A pure rule from what happened to what comes next. `version` is stored with every decision. */
export type FailoverPolicy = { readonly version: string; readonly decide: (state: FailoverState) => FailoverAction };
