import type { OverviewView } from '@artenic/core';
import { statesOfGroup } from './queries.ts';

/** Jobs that have not ended, those that wait included: the number in the navigation, on the overview and of the filter. */
export function activeJobs(jobsByState: OverviewView['jobsByState']): number {
  return (statesOfGroup.active ?? []).reduce((sum, state) => sum + jobsByState[state], 0);
}
