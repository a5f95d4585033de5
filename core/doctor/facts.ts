import type { DoctorProblem, ProviderProblem, StrayReason } from '@artenic/core';
import type { SilenceKind } from '../silence/silence.ts';

/** A fault that a person has to repair. */
export type Complaint = Omit<DoctorProblem, 'since'> & { readonly sinceMs: number | null };

export type ProviderFacts = {
  readonly name: string;
  readonly usable: boolean;
  readonly problem: ProviderProblem | null;
  readonly message: string;
  readonly checkedAtMs: number;
  readonly unusableSinceMs: number | null;
  readonly clockSkewMs: number | null;
  readonly sweep: { readonly succeededAtMs: number | null; readonly error: string | null } | null;
  /** Age of its offers; null if it has never listed any. */
  readonly offersAgeMs: number | null;
  /** Why it did not list its offers when it was asked last; null if it did. */
  readonly offersProblem: string | null;
  /** Jobs that wait for an instance and may use it. */
  readonly jobsBlocked: number;
};
/** An attempt whose machine exists but gives no sign of life. */
export type SilentFacts = {
  readonly provider: string;
  readonly attemptId: string;
  readonly jobId: string | null;
  readonly instanceId: string;
  readonly kind: SilenceKind;
  readonly sinceMs: number;
  readonly silentMs: number;
  readonly limitMs: number;
};
export type MuteFacts = { readonly provider: string; readonly machines: number };
export type StrayFacts = {
  readonly provider: string;
  readonly instanceId: string;
  readonly attemptId: string;
  readonly jobId: string | null;
  readonly reason: StrayReason;
  readonly sinceMs: number;
  readonly isInGrace: boolean;
};
/** An attempt whose instance the provider refuses to end. */
export type RefusedFacts = {
  readonly provider: string;
  readonly attemptId: string;
  readonly jobId: string;
  readonly instanceId: string;
  readonly sinceMs: number;
  readonly refusals: number;
  readonly refusal: string | null;
};
/** A problem with Temporal's set-up that a worker reports; `blocked`: the worker cannot work. */
export type TemporalProblemFacts = {
  readonly kind: 'blocked' | 'retention' | 'search-attributes';
  readonly message: string;
};
export type WorkerFacts = {
  readonly queues: readonly string[];
  readonly ageMs: number;
  readonly temporalProblems: readonly TemporalProblemFacts[];
};

export type Facts = {
  readonly nowMs: number;
  /** How far the API's clock is ahead of PostgreSQL's. */
  readonly clockSkewMs: number;
  readonly isTemporalReachable: boolean;
  /** Start of the platform's current time without a gap: work that it had no time for since then is no fault. */
  readonly upSinceMs: number;
  readonly sweepEveryMs: number;
  readonly providers: readonly ProviderFacts[];
  readonly workers: readonly WorkerFacts[];
  /** Jobs that are queued for longer than a worker needs to take them. */
  readonly untaken: { readonly jobs: number; readonly sinceMs: number | null };
  readonly strays: readonly StrayFacts[];
  readonly refused: readonly RefusedFacts[];
  readonly silent: readonly SilentFacts[];
  /** Machines that were ended within the last day because they never said hello. */
  readonly mute: readonly MuteFacts[];
};
