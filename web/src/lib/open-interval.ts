import { isTerminalJobState, type JobView } from '@artenic/core';
import { estimateInterval } from './cost.ts';

const openEveryMs = 3000;
/** A list of more jobs is read again by its events alone. */
const mostRefetched = 100;

/**
 * Interval for refetching jobs: signs of life, time left and situations of open jobs change without events. Ended jobs
 * are read again only while their cost is an estimate.
 */
export function openInterval(jobs: readonly JobView[]): number | false {
  const isAnyOpen = jobs.some(({ state }) => !isTerminalJobState(state));
  if (isAnyOpen && jobs.length <= mostRefetched) return openEveryMs;
  return estimateInterval(jobs.map(({ cost }) => cost));
}
