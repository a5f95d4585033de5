import { assertNever } from '../assert-never.ts';
import type { ProviderProblem } from '@artenic/core';

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
export type StrayFacts = { readonly provider: string; readonly instanceId: string; readonly isInGrace: boolean };

export type Facts = {
  readonly nowMs: number;
  /** How far the API's clock is ahead of PostgreSQL's. */
  readonly clockSkewMs: number;
  readonly isTemporalReachable: boolean;
  readonly sweepEveryMs: number;
  readonly providers: readonly ProviderFacts[];
  readonly strays: readonly StrayFacts[];
};

/** Three looks of the worker. */
const checkedLatelyMs = 180_000;
/** A sweep may take as long before it gives up. */
const longestSweepMs = 300_000;
/** Ages and graces are counted in seconds. */
const mostSkewMs = 2000;

/** Everything that a person has to put right, nothing that will do so by itself. */
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

function ofUse({ nowMs }: Facts, { name, usable, problem, message, checkedAtMs }: ProviderFacts): readonly Complaint[] {
  if (nowMs - checkedAtMs > checkedLatelyMs) {
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

function ofSweep({ nowMs, sweepEveryMs }: Facts, { name, usable, sweep }: ProviderFacts): readonly Complaint[] {
  const lateMs = 3 * sweepEveryMs + longestSweepMs;
  const isLate = sweep === null || sweep.succeededAtMs === null || nowMs - sweep.succeededAtMs > lateMs;
  // one sweep that failed is tried again a minute later
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
