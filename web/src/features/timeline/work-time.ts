import type { AttemptView } from '@artenic/core';
import { timelineOf } from './lanes.ts';
import type { JobTimes } from './segments.ts';

export type WorkTime = {
  /** Time in which any attempt trained. */
  readonly trainingMs: number;
  /** The rest: queue, machines that start, setup, recovery. */
  readonly otherMs: number;
};

/** A job's time in two parts; attempts that train beside one another count once. */
export function workTimeOf(job: JobTimes, attempts: readonly AttemptView[], nowMs: number): WorkTime {
  const { startMs, endMs, lanes } = timelineOf(job, attempts, nowMs);
  const spans = lanes
    .flatMap(({ segments }) => segments.filter(({ kind }) => kind === 'train'))
    .toSorted((one, other) => one.startMs - other.startMs);
  let trainingMs = 0;
  let reachedMs = startMs;
  for (const span of spans) {
    trainingMs += Math.max(0, span.endMs - Math.max(span.startMs, reachedMs));
    reachedMs = Math.max(reachedMs, span.endMs);
  }
  return { trainingMs, otherMs: endMs - startMs - trainingMs };
}
