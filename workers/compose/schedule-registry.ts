import type * as workflows from '../../workflows/index.ts';
import {
  catalogScheduleId,
  checkScheduleId,
  collectorScheduleId,
  controlQueue,
  reconcileScheduleId,
} from '../../workflows/contracts/index.ts';

type Workflows = typeof workflows;

/** A workflow that is started at intervals, with its input. */
export type ScheduleDefinition = {
  [Name in keyof Workflows]: {
    readonly id: string;
    readonly workflowType: Name;
    readonly input: Parameters<Workflows[Name]>;
    readonly everyMs: number;
    /** Queue of the workflow; its activities name their own. */
    readonly queue: string;
    readonly summary: string;
    /** Also started at once when a worker starts, because the configuration may have changed. */
    readonly isEager: boolean;
    /** For the search attribute; null: no provider. */
    readonly provider: string | null;
  };
}[keyof Workflows];

/** Parts that a process serves, and the intervals of its configuration. */
export type ScheduleScope = {
  readonly hasControl: boolean;
  readonly providers: readonly string[];
  readonly reconcileMs: number;
  readonly catalogMs: number;
  readonly collectMs: number;
};

/** A third of the time for which `artenic doctor` counts a check as fresh. */
const checkMs = 60_000;

type Feature = (scope: ScheduleScope) => readonly ScheduleDefinition[];

const checks: Feature = ({ providers }) =>
  providers.map((provider) => ({
    id: checkScheduleId(provider),
    workflowType: 'checkProvider',
    input: [{ provider }],
    everyMs: checkMs,
    queue: controlQueue,
    summary: `looks whether ${provider} can be used`,
    isEager: true,
    provider,
  }));

const sweeps: Feature = ({ providers, reconcileMs }) =>
  providers.map((provider) => ({
    id: reconcileScheduleId(provider),
    workflowType: 'reconcileProviders',
    input: [{ provider }],
    everyMs: reconcileMs,
    queue: controlQueue,
    summary: `compares what ${provider} has with what is known`,
    isEager: false,
    provider,
  }));

const catalogs: Feature = ({ providers, catalogMs }) =>
  providers.map((provider) => ({
    id: catalogScheduleId(provider),
    workflowType: 'refreshCatalog',
    input: [{ provider }],
    everyMs: catalogMs,
    queue: controlQueue,
    summary: `asks what ${provider} offers`,
    isEager: true,
    provider,
  }));

const collector: Feature = ({ hasControl, collectMs }) =>
  hasControl
    ? [
        {
          id: collectorScheduleId,
          workflowType: 'collectGarbage',
          input: [],
          everyMs: collectMs,
          queue: controlQueue,
          summary: 'removes expired records',
          isEager: false,
          provider: null,
        },
      ]
    : [];

/** Each feature lists the schedules of the processes that serve it. */
const features: readonly Feature[] = [checks, sweeps, catalogs, collector];

export function schedulesOf(scope: ScheduleScope): readonly ScheduleDefinition[] {
  return features.flatMap((feature) => feature(scope));
}
