import type { Complaint, Facts } from './facts.ts';
import { ofMachines } from './machines.ts';
import { ofProvider } from './providers.ts';
import { ofTemporalSetup } from './temporal-setup.ts';
import { ofWorkers } from './workers.ts';

/** Larger skews are reported: ages and graces are counted in seconds. */
const mostSkewMs = 2000;

/** Everything that a person has to repair, what is critical first. Problems that resolve by themselves are left out. */
export function diagnose(facts: Facts): readonly Complaint[] {
  const found = [
    ...(facts.isTemporalReachable ? ofTemporalSetup(facts) : [temporalIsAway(facts)]),
    ...ofWorkers(facts),
    ...ofClock('the API', facts.clockSkewMs),
    ...facts.providers.flatMap((provider) => [
      ...ofProvider(facts, provider),
      ...ofClock(`the worker of ${provider.name}`, provider.clockSkewMs ?? 0),
    ]),
    ...ofMachines(facts),
  ];
  const rank = ({ severity }: Complaint): number => (severity === 'critical' ? 0 : 1);
  return found.toSorted((one, other) => rank(one) - rank(other));
}

function temporalIsAway({ untaken }: Facts): Complaint {
  return {
    ...{ id: 'temporal-away', kind: 'temporal-away', severity: 'critical', subject: 'temporal', sinceMs: null },
    ...{ jobsBlocked: untaken.jobs, jobId: null, provider: null },
    message: 'Temporal does not answer.',
    advice: 'Jobs are taken and start when it is back: see that it runs, and that TEMPORAL_ADDRESS is right.',
  };
}

function ofClock(whose: string, skewMs: number): readonly Complaint[] {
  if (Math.abs(skewMs) <= mostSkewMs) return [];
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  return [
    {
      ...{ id: `clock/${whose}`, kind: 'clock', severity: 'warning', subject: 'clock', sinceMs: null },
      ...{ jobsBlocked: 0, jobId: null, provider: null },
      message: `The clock of ${whose} is ${Math.abs(skewMs) / 1000} s ${direction} PostgreSQL's.`,
      advice: 'Let both machines take their time from NTP: graces and costs are counted by it.',
    },
  ];
}
