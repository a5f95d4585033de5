import type { AttemptEnding, TerminalJobState } from '@artenic/core';

/** What can be launched: one row of the catalog, as it was when chosen. */
export type Offer = {
  readonly provider: string;
  readonly region: string;
  readonly instanceType: string;
  readonly spot: boolean;
  /** Price in USD micros per hour; 0 for the local machine. */
  readonly priceUsdMicrosPerHour: number;
};

export type EndedAttempt = {
  readonly attempt: number;
  readonly offer: Offer;
  readonly ending: AttemptEnding;
  readonly ranMs: number;
};

/** Everything the policy may look at. */
export type FailoverState = {
  readonly attempts: readonly EndedAttempt[];
  readonly offers: readonly Offer[];
  readonly cancelRequested: boolean;
  readonly retryOnExitCodes: readonly number[];
  /** Milliseconds since 1970 when `maxHours` ends; null before the job has run. */
  readonly stopAtMs: number | null;
  readonly nowMs: number;
};

export type FailoverAction =
  | { readonly kind: 'launch'; readonly attempt: number; readonly offer: Offer; readonly reason: string }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly reason: string }
  | {
      readonly kind: 'finish';
      readonly state: TerminalJobState;
      readonly attempt: number | null;
      readonly reason: string;
    };

/** A pure rule from what happened to what comes next. `version` is stored with every decision. */
export type FailoverPolicy = { readonly version: string; readonly decide: (state: FailoverState) => FailoverAction };
