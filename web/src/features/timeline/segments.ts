import type { AttemptView, JobView } from '@artenic/core';
import type { Segment, SegmentKind } from './segment.ts';

/** The job fields that the timeline needs. */
export type JobTimes = Pick<JobView, 'state' | 'createdAt' | 'finishedAt'>;

export type Mark = { readonly kind: SegmentKind; readonly attempt: number | null; readonly fromMs: number };

const ms = (timestamp: string): number => Date.parse(timestamp);

/** Start of each phase of an attempt, in order. */
export function marksOf(attempt: AttemptView): readonly Mark[] {
  const stamps = [
    ['queue', attempt.createdAt],
    ['provision', attempt.launchedAt],
    ['setup', attempt.helloAt],
    ['train', attempt.runningAt],
  ] as const;
  return stamps.flatMap(([kind, at]) => (at === null ? [] : [{ kind, attempt: attempt.attempt, fromMs: ms(at) }]));
}

/** Phase of the job after an attempt. */
export function behind(attempt: AttemptView, isLast: boolean, job: JobTimes): SegmentKind {
  if (!isLast) return 'recover';
  const hasVerdict = attempt.ending?.kind === 'succeeded' || job.finishedAt !== null || job.state === 'collecting';
  return hasVerdict || job.state === 'cancelling' ? 'finish' : 'recover';
}

function allMarks(job: JobTimes, attempts: readonly AttemptView[]): readonly Mark[] {
  const marks: Mark[] = [{ kind: 'prepare', attempt: attempts[0]?.attempt ?? null, fromMs: ms(job.createdAt) }];
  for (const [index, attempt] of attempts.entries()) {
    marks.push(...marksOf(attempt));
    if (attempt.endedAt === null) continue;
    const kind = behind(attempt, index === attempts.length - 1, job);
    marks.push({ kind, attempt: attempt.attempt, fromMs: ms(attempt.endedAt) });
  }
  return marks;
}

/**
 * Cuts a job's time from submission to its end (or now) into segments without holes or overlaps: their sum is the wall
 * time to the millisecond. Timestamps come from several clocks; a timestamp that is out of order is moved to its
 * neighbour.
 */
export function segmentsOf(job: JobTimes, attempts: readonly AttemptView[], nowMs: number): readonly Segment[] {
  const sorted = [...attempts].sort((a, b) => a.attempt - b.attempt);
  const startMs = ms(job.createdAt);
  const endMs = Math.max(startMs, job.finishedAt === null ? nowMs : ms(job.finishedAt));
  const marks = allMarks(job, sorted);
  const segments: Segment[] = [];
  let at = startMs;
  for (const [index, { kind, attempt }] of marks.entries()) {
    const next = marks[index + 1];
    const until = Math.min(endMs, Math.max(at, next?.fromMs ?? endMs));
    const isOpen = next === undefined && job.finishedAt === null;
    if (until > at || isOpen) segments.push({ kind, attempt, startMs: at, endMs: until, isOpen });
    at = until;
  }
  return segments;
}
