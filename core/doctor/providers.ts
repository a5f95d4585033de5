import type { ProviderProblem } from '@artenic/core';
import { assertNever } from '../assert-never.ts';
import { isControlUnserved, workerAgeMs, workerGoneAfterMs } from './workers.ts';
import type { Complaint, Facts, ProviderFacts } from './facts.ts';

/** Three rounds of the worker's check. */
const checkedLatelyMs = 180_000;
/** A sweep gives up after this time. */
const longestSweepMs = 300_000;
/** Offers of this age are no longer used for launches. */
const offersTrustedMs = 900_000;

export function ofProvider(facts: Facts, provider: ProviderFacts): readonly Complaint[] {
  return [...ofUse(facts, provider), ...ofOffers(facts, provider), ...ofSweep(facts, provider)];
}

function about(
  provider: ProviderFacts,
  kind: Complaint['kind'],
): Pick<Complaint, 'id' | 'kind' | 'subject' | 'provider' | 'jobId'> {
  return { id: `${kind}/${provider.name}`, kind, subject: provider.name, provider: provider.name, jobId: null };
}

function ofUse(facts: Facts, provider: ProviderFacts): readonly Complaint[] {
  const { nowMs, upSinceMs } = facts;
  const { name, usable, problem, message, checkedAtMs, unusableSinceMs, jobsBlocked } = provider;
  const isServed = (workerAgeMs(facts, name) ?? Number.POSITIVE_INFINITY) <= workerGoneAfterMs;
  // without any worker one complaint says it all
  if (nowMs - Math.max(checkedAtMs, upSinceMs) > checkedLatelyMs && (isServed || !isControlUnserved(facts))) {
    const minutes = Math.round((nowMs - checkedAtMs) / 60_000);
    return [
      {
        ...about(provider, 'provider-unchecked'),
        ...{ severity: 'warning', sinceMs: checkedAtMs, jobsBlocked },
        message: `No worker has checked ${name} for ${minutes} minutes.`,
        advice: 'See that a worker runs that has its credentials, and what its log says.',
      },
    ];
  }
  const unusable = { ...about(provider, 'provider-unusable'), severity: 'critical', jobsBlocked } as const;
  return usable ? [] : [{ ...unusable, sinceMs: unusableSinceMs, message, advice: adviceFor(problem) }];
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

/** Offers of a usable provider that are too old for a launch. */
function ofOffers({ nowMs, upSinceMs }: Facts, provider: ProviderFacts): readonly Complaint[] {
  const { name, usable, offersAgeMs, offersProblem, jobsBlocked } = provider;
  const ageMs = Math.min(offersAgeMs ?? Number.POSITIVE_INFINITY, nowMs - upSinceMs);
  if (!usable || ageMs <= offersTrustedMs) return [];
  const age = offersAgeMs === null ? 'are not known' : `are ${Math.round(offersAgeMs / 60_000)} minutes old`;
  const said = offersProblem === null ? '' : ` When it was asked last: ${offersProblem}`;
  return [
    {
      ...about(provider, 'offers-old'),
      ...{ severity: 'warning', jobsBlocked, sinceMs: offersAgeMs === null ? null : nowMs - offersAgeMs },
      message: `The offers of ${name} ${age}: no launch is based on them.${said}`,
      advice: `Look at the schedule \`catalog/${name}\` in Temporal's Web UI and at the worker's log. Jobs go to other providers or wait.`,
    },
  ];
}

function ofSweep({ nowMs, sweepEveryMs, upSinceMs }: Facts, provider: ProviderFacts): readonly Complaint[] {
  const { name, usable, sweep } = provider;
  const lateMs = 3 * sweepEveryMs + longestSweepMs;
  const isLate = nowMs - Math.max(sweep?.succeededAtMs ?? 0, upSinceMs) > lateMs;
  // a single failed sweep is retried a minute later
  if (!isLate || (sweep === null && !usable)) return [];
  const why = sweep?.error ?? 'no sweep has come to its end';
  const sinceMs = sweep?.succeededAtMs ?? null;
  return [
    {
      ...about(provider, 'sweep-late'),
      ...{ severity: 'warning', sinceMs, jobsBlocked: 0 },
      message: `Instances of ${name} have not been compared with what is known since ${sinceWhen(sinceMs)}: ${why}.`,
      advice: `Look at the schedule \`reconcile/${name}\` in Temporal's Web UI: is it there, and not paused?`,
    },
  ];
}

function sinceWhen(atMs: number | null): string {
  return atMs === null ? 'the beginning' : new Date(atMs).toISOString();
}
