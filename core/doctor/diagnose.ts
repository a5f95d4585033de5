import { assertNever } from '../assert-never.ts';
import type { ProviderProblem } from '@artenic/core';
import type { SilenceKind } from '../silence/silence.ts';

export type Complaint = { readonly subject: string; readonly message: string; readonly advice: string };

export type ProviderFacts = {
  readonly name: string;
  readonly usable: boolean;
  readonly problem: ProviderProblem | null;
  readonly message: string;
  readonly checkedAtMs: number;
  readonly clockSkewMs: number | null;
  readonly sweep: { readonly succeededAtMs: number | null; readonly error: string | null } | null;
};
/** An attempt whose machine exists but gives no sign of life. */
export type SilentFacts = {
  readonly provider: string;
  readonly attemptId: string;
  readonly instanceId: string;
  readonly kind: SilenceKind;
  readonly silentMs: number;
  readonly limitMs: number;
};
export type MuteFacts = { readonly provider: string; readonly machines: number };
export type StrayFacts = { readonly provider: string; readonly instanceId: string; readonly isInGrace: boolean };

export type Facts = {
  readonly nowMs: number;
  /** How far the API's clock is ahead of PostgreSQL's. */
  readonly clockSkewMs: number;
  readonly isTemporalReachable: boolean;
  /** Start of the platform's current time without a gap: work that it had no time for since then is no fault. */
  readonly upSinceMs: number;
  readonly sweepEveryMs: number;
  readonly providers: readonly ProviderFacts[];
  readonly strays: readonly StrayFacts[];
  readonly silent: readonly SilentFacts[];
  /** Machines that were ended within the last day because they never said hello. */
  readonly mute: readonly MuteFacts[];
};

/** Three rounds of the worker's check. */
const checkedLatelyMs = 180_000;
/** A sweep gives up after this time. */
const longestSweepMs = 300_000;
/** Larger skews are reported: ages and graces are counted in seconds. */
const mostSkewMs = 2000;

/** Everything that a person has to repair. Problems that resolve by themselves are left out. */
export function diagnose(facts: Facts): readonly Complaint[] {
  return [
    ...(facts.isTemporalReachable ? [] : [temporalIsAway]),
    ...ofClock('the API', facts.clockSkewMs),
    ...facts.providers.flatMap((provider) => [
      ...ofUse(facts, provider),
      ...ofSweep(facts, provider),
      ...ofClock(`the worker of ${provider.name}`, provider.clockSkewMs ?? 0),
    ]),
    ...facts.strays.flatMap(ofStray),
    ...facts.silent.flatMap(ofSilent),
    ...facts.mute.map(ofMute),
  ];
}

const temporalIsAway: Complaint = {
  subject: 'temporal',
  message: 'Temporal does not answer.',
  advice: 'Jobs are taken and start when it is back: see that it runs, and that TEMPORAL_ADDRESS is right.',
};

function ofClock(whose: string, skewMs: number): readonly Complaint[] {
  if (Math.abs(skewMs) <= mostSkewMs) return [];
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  return [
    {
      subject: 'clock',
      message: `The clock of ${whose} is ${Math.abs(skewMs) / 1000} s ${direction} PostgreSQL's.`,
      advice: 'Let both machines take their time from NTP: graces and costs are counted by it.',
    },
  ];
}

function ofUse(
  { nowMs, upSinceMs }: Facts,
  { name, usable, problem, message, checkedAtMs }: ProviderFacts,
): readonly Complaint[] {
  if (nowMs - Math.max(checkedAtMs, upSinceMs) > checkedLatelyMs) {
    const minutes = Math.round((nowMs - checkedAtMs) / 60_000);
    const advice = 'See that a worker runs that has its credentials, and what its log says.';
    return [{ subject: name, message: `No worker has checked ${name} for ${minutes} minutes.`, advice }];
  }
  return usable ? [] : [{ subject: name, message, advice: adviceFor(problem) }];
}

function adviceFor(problem: ProviderProblem | null): string {
  switch (problem) {
    case 'credentials':
      return 'Renew the credentials that the worker has, and start it again. Jobs wait until then.';
    case 'quota':
      return 'Ask the provider for a higher quota, or let jobs go to other providers or regions as well.';
    case 'unreachable':
      return 'See that its address is right and can be reached from the worker. It is asked again every minute.';
    case 'refused':
    case null:
      return 'The message is the provider’s own; docs/reconciler.md says where to look next.';
    default:
      return assertNever(problem);
  }
}

function ofSweep(
  { nowMs, sweepEveryMs, upSinceMs }: Facts,
  { name, usable, sweep }: ProviderFacts,
): readonly Complaint[] {
  const lateMs = 3 * sweepEveryMs + longestSweepMs;
  const isLate = nowMs - Math.max(sweep?.succeededAtMs ?? 0, upSinceMs) > lateMs;
  // a single failed sweep is retried a minute later
  if (!isLate || (sweep === null && !usable)) return [];
  const why = sweep?.error ?? 'no sweep has come to its end';
  return [
    {
      subject: name,
      message: `Instances of ${name} have not been compared with what is known since ${sinceWhen(sweep?.succeededAtMs ?? null)}: ${why}.`,
      advice: `Look at the schedule \`reconcile/${name}\` in Temporal's Web UI: is it there, and not paused?`,
    },
  ];
}

function sinceWhen(atMs: number | null): string {
  return atMs === null ? 'the beginning' : new Date(atMs).toISOString();
}

function ofStray({ provider, instanceId, isInGrace }: StrayFacts): readonly Complaint[] {
  if (isInGrace) return [];
  return [
    {
      subject: provider,
      message: `The instance ${instanceId} should not be there, and is billed.`,
      advice:
        'Its end is tried with every sweep. If the provider keeps refusing, end it in the provider’s own console.',
    },
  ];
}

function ofSilent(silent: SilentFacts): readonly Complaint[] {
  const { provider, attemptId, instanceId, kind, silentMs, limitMs } = silent;
  // the runner is likely to report by itself before half of its limit is over
  if (silentMs * 2 < limitMs) return [];
  const minutes = (ms: number): string => `${Math.round(ms / 6000) / 10} min`;
  const what = kind === 'never-spoke' ? 'has not said hello' : 'has given no sign of life';
  const end =
    silentMs > limitMs
      ? 'It should have been ended by now: see that a worker runs that serves its provider.'
      : `It is ended after ${minutes(limitMs)}, and its job goes on elsewhere.`;
  return [
    {
      subject: provider,
      message: `The runner of ${attemptId} on ${instanceId} ${what} for ${minutes(silentMs)}.`,
      advice: `${end} If it is one of many, look at the way from these machines to the API (ARTENIC_API_URL).`,
    },
  ];
}

function ofMute({ provider, machines }: MuteFacts): Complaint {
  const subject = machines === 1 ? '1 machine' : `${machines} machines`;
  return {
    subject: provider,
    message: `${subject} of ${provider} never said hello within the last day, and had to be ended.`,
    advice: 'See that they can reach the API (ARTENIC_API_URL), that their image boots, and what their consoles say.',
  };
}
