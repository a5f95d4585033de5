import type { AttemptEnding, AttemptEndingKind, JobSpec, TerminalJobState } from '@artenic/core';

export type PlacementMode = JobSpec['placement']['mode'];

/** What can be launched: one row of the catalog, as it was when chosen. */
export type Offer = {
  readonly provider: string;
  readonly region: string;
  readonly zone?: string;
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

/** An attempt whose row has no ending yet. */
export type OpenAttempt = {
  readonly attempt: number;
  readonly offer: Offer;
  /** Whether the run that asks watches it. Else it was left by a run that was cut off, and is taken over. */
  readonly isWatched: boolean;
  /** When its machine was warned that it is taken back, in milliseconds since 1970; null while it is not. */
  readonly noticedAtMs: number | null;
  /** It came to its own end, and its last word is in storage: a warning takes nothing from it any more. */
  readonly isDone: boolean;
  readonly ranMs: number;
};

/** By these a provider does not give what was asked for, and may later. */
export const refusalKinds = [
  'stockout',
  'quota',
  'unauthorized',
  'unavailable',
] as const satisfies readonly AttemptEndingKind[];
export type RefusalKind = (typeof refusalKinds)[number];

/** What came of the launches of one offer for this job. */
export type OwnRefusal = {
  readonly kind: RefusalKind;
  readonly offer: Offer;
  readonly message: string;
  /** Of this kind, one after the other, within one attempt. */
  readonly streak: number;
  /** The attempt of the last one. */
  readonly attempt: number;
  readonly atMs: number;
};

/** How many attempts of the job have ended so. */
export type EndingCount = {
  readonly kind: AttemptEndingKind;
  /** Null for other kinds than `failed`. */
  readonly exitCode: number | null;
  readonly count: number;
};

/** What another job was told lately: not everybody has to find it out. */
export type HeardRefusal = { readonly kind: RefusalKind; readonly offer: Offer; readonly atMs: number };

/** A provider that would not even say what it has. */
export type ProviderRefusal = { readonly provider: string; readonly type: string; readonly message: string };

/** The queue of a provider whose machines are counted, as the job would find it. */
export type ProviderQueue = {
  readonly provider: string;
  /** Attempts that wait and would be served before the job. */
  readonly ahead: number;
  /** The job would start now. */
  readonly hasRoom: boolean;
};

/** The way from the last attempt's offer to the next one's. */
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

/** Everything the policy may look at. */
export type FailoverState = {
  /** The attempts that ended last, ascending by number: as many as any rule looks at one by one. */
  readonly attempts: readonly EndedAttempt[];
  /** Of all that have ended. */
  readonly endings: readonly EndingCount[];
  /** Offers that the provider refuses as they are. */
  readonly ruledOut: readonly Offer[];
  /** Oldest first. */
  readonly launchRefusals: readonly OwnRefusal[];
  /** Ascending by number: one, and beside it its replacement once it was warned. */
  readonly openAttempts: readonly OpenAttempt[];
  /** Cheapest first. */
  readonly offers: readonly Offer[];
  readonly heard: readonly HeardRefusal[];
  readonly refusals: readonly ProviderRefusal[];
  /** Absent where the job has one provider to go to. */
  readonly queues?: readonly ProviderQueue[];
  readonly cancelRequested: boolean;
  readonly retryOnExitCodes: readonly number[];
  /** Milliseconds since 1970 when `maxHours` ends; null while nothing runs and some of it is left. */
  readonly stopAtMs: number | null;
  /** Milliseconds since 1970 when the job was submitted. */
  readonly createdAtMs: number;
  readonly nowMs: number;
  /** Milliseconds since 1970: somebody says that there is capacity again, and refusals from before count no more. */
  readonly newsAtMs?: number | null;
};

/** When the next decision is taken although nothing has happened, in milliseconds since 1970. */
type LookAgain = number;

export type FailoverAction =
  | {
      readonly kind: 'launch';
      readonly attempt: number;
      readonly offer: Offer;
      readonly step: FailoverStep;
      readonly reason: string;
      /** The attempt exists already, perhaps with its instance: it is taken over, not made. */
      readonly takeOver?: true;
      readonly untilMs?: LookAgain;
    }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly reason: string }
  /** Attempts are under way: nothing is to be done until one of them ends or is warned. */
  | { readonly kind: 'watch'; readonly reason: string; readonly untilMs?: LookAgain }
  /** One attempt is stopped with its grace, so that it leaves a checkpoint; then another one is launched in its place. */
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

/** `isRepeated`: an earlier call with the same number stored this decision; its facts may be stale, so no caller waits on it. */
export type Decided = FailoverAction & {
  readonly isRepeated?: true;
  /** Providers that are to be asked what they offer before the next decision. */
  readonly unknown?: readonly string[];
};

/** A pure rule from what happened to what comes next. `version` is stored with every decision. */
export type FailoverPolicy = { readonly version: string; readonly decide: (state: FailoverState) => FailoverAction };
