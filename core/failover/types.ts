import type { AttemptEnding, AttemptEndingKind, JobSpec, TerminalJobState } from '@artenic/core';

export type PlacementMode = JobSpec['placement']['mode'];

/** Something that can be launched: one row of the catalog, as it was when chosen. */
export type Offer = {
  readonly provider: string;
  readonly region: string;
  readonly zone?: string;
  readonly instanceType: string;
  readonly spot: boolean;
  /** Price in USD micros per hour; 0 for the local machine. */
  readonly priceUsdMicrosPerHour: number;
  /** The rest of the price row; absent if the provider does not bill. */
  readonly billing?: {
    /** When the provider reported this price. */
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
  /** Milliseconds since 1970. Waits are counted from this time, so the policy itself keeps no state. */
  readonly endedAtMs: number;
};

/** An attempt whose row has no ending yet. */
export type OpenAttempt = {
  readonly attempt: number;
  readonly offer: Offer;
  /**
   * Whether the run that asks for the decision watches this attempt. If not, a run that was cut off left it, and it is
   * taken over.
   */
  readonly isWatched: boolean;
  /** When the provider warned its machine of a preemption, in milliseconds since 1970; null without a warning. */
  readonly noticedAtMs: number | null;
  /** The attempt ended by itself and its completion marker is in storage: a warning has no effect on it any more. */
  readonly isDone: boolean;
  readonly ranMs: number;
};

/** Refusals: the provider does not give the requested offer now, but may give it later. */
export const refusalKinds = [
  'stockout',
  'quota',
  'unauthorized',
  'unavailable',
] as const satisfies readonly AttemptEndingKind[];
export type RefusalKind = (typeof refusalKinds)[number];

/** Result of this job's launches of one offer. */
export type OwnRefusal = {
  readonly kind: RefusalKind;
  readonly offer: Offer;
  readonly message: string;
  /** Number of consecutive refusals of this kind within one attempt. */
  readonly streak: number;
  /** The attempt of the last refusal. */
  readonly attempt: number;
  readonly atMs: number;
};

/** How many attempts of the job ended with this kind and exit code. */
export type EndingCount = {
  readonly kind: AttemptEndingKind;
  /** Null for other kinds than `failed`. */
  readonly exitCode: number | null;
  readonly count: number;
};

/** A refusal that another job got lately, so that this job need not repeat the request. */
export type HeardRefusal = { readonly kind: RefusalKind; readonly offer: Offer; readonly atMs: number };

/** A provider that did not list its offers. */
export type ProviderRefusal = { readonly provider: string; readonly type: string; readonly message: string };

/** The queue of a provider with limited capacity, as the job would find it. */
export type ProviderQueue = {
  readonly provider: string;
  /** Waiting attempts that would be served before the job. */
  readonly ahead: number;
  /** Whether the job would start now. */
  readonly hasRoom: boolean;
};

/** Steps from the last attempt's offer to the next one. */
export const failoverSteps = [
  'first',
  'taken-over',
  'same-offer',
  'next-type',
  'next-zone',
  'next-region',
  'next-provider',
  'on-demand',
  'back-to-spot',
] as const;
export type FailoverStep = (typeof failoverSteps)[number];

/** All facts that the policy may use. */
export type FailoverState = {
  /** The last ended attempts, ascending by number; enough for every rule that looks at single attempts. */
  readonly attempts: readonly EndedAttempt[];
  /** Counts over all ended attempts. */
  readonly endings: readonly EndingCount[];
  /** Offers that the provider refuses as they are. */
  readonly ruledOut: readonly Offer[];
  /** Oldest first. */
  readonly launchRefusals: readonly OwnRefusal[];
  /** Ascending by number: one attempt, and after a warning also its replacement. */
  readonly openAttempts: readonly OpenAttempt[];
  /** Cheapest first. */
  readonly offers: readonly Offer[];
  readonly heard: readonly HeardRefusal[];
  readonly refusals: readonly ProviderRefusal[];
  /** Absent if the job has only one provider. */
  readonly queues?: readonly ProviderQueue[];
  readonly cancelRequested: boolean;
  readonly retryOnExitCodes: readonly number[];
  /** Milliseconds since 1970 when `maxHours` ends; null while no attempt runs and time is left. */
  readonly stopAtMs: number | null;
  /** Milliseconds since 1970 when the job was submitted. */
  readonly createdAtMs: number;
  readonly nowMs: number;
  /** When a signal last reported new capacity, in milliseconds since 1970; earlier refusals no longer count. */
  readonly newsAtMs?: number | null;
};

/** Time of the next decision if nothing happens before, in milliseconds since 1970. */
type LookAgain = number;

export type FailoverAction =
  | {
      readonly kind: 'launch';
      readonly attempt: number;
      readonly offer: Offer;
      readonly step: FailoverStep;
      readonly reason: string;
      /** The attempt exists already, perhaps with its instance: it is taken over, not created. */
      readonly takeOver?: true;
      readonly untilMs?: LookAgain;
    }
  | {
      readonly kind: 'wait';
      readonly waitMs: number;
      readonly reason: string;
      /** Set when a person has to end the wait: with new credentials, by repairing a provider, or with a release. */
      readonly waitsFor?: 'credentials' | 'provider' | 'release';
    }
  /** Attempts are under way: there is nothing to do until an attempt ends or is warned. */
  | { readonly kind: 'watch'; readonly reason: string; readonly untilMs?: LookAgain }
  /**
   * An attempt is stopped with its grace, so that it leaves a checkpoint; then another attempt is launched in its
   * place.
   */
  | {
      readonly kind: 'replace';
      readonly stop: number;
      readonly launch: { readonly attempt: number; readonly offer: Offer; readonly step: FailoverStep };
      readonly reason: string;
      readonly untilMs?: LookAgain;
    }
  | {
      readonly kind: 'finish';
      readonly state: TerminalJobState;
      readonly attempt: number | null;
      readonly reason: string;
    };

/**
 * `isRepeated`: an earlier call with the same number stored this decision; its facts may be stale, so no caller waits
 * on it.
 */
export type Decided = FailoverAction & {
  readonly isRepeated?: true;
  /** Providers whose offers must be refreshed before the next decision. */
  readonly unknown?: readonly string[];
};

/** A pure function from the facts to the next action. `version` is stored with every decision. */
export type FailoverPolicy = { readonly version: string; readonly decide: (state: FailoverState) => FailoverAction };
