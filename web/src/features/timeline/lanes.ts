import type { AttemptView } from '@artenic/core';
import { segmentCosts } from './segment-costs.ts';
import type { Segment, SegmentKind } from './segment.ts';
import { behind, marksOf, segmentsOf, type JobTimes, type Mark } from './segments.ts';

export type CheckpointTick = { readonly name: string; readonly sequence: number; readonly atMs: number };

/** Row of an attempt, with the waiting before the first attempt and the recovery after this attempt. */
export type Lane = {
  readonly attempt: AttemptView | null;
  readonly segments: readonly Segment[];
  /** Cost of each segment, in USD micros. */
  readonly costs: readonly number[];
  readonly checkpoints: readonly CheckpointTick[];
};

export type Timeline = {
  readonly startMs: number;
  readonly endMs: number;
  readonly lanes: readonly Lane[];
};

const ms = (timestamp: string): number => Date.parse(timestamp);

/** When the attempt's machine was gone; null while it may be there. */
function goneMs({ billedUntil, endedAt, launchedAt, createdAt }: AttemptView): number | null {
  // The bill is kept by the provider's clock. A bill that ends before the launch is of no use here.
  const isUsable = billedUntil !== null && ms(billedUntil) > ms(launchedAt ?? createdAt);
  if (isUsable) return ms(billedUntil);
  return endedAt === null ? null : ms(endedAt);
}

/** Start of each phase in a lane, in order, and of what follows it in the job. */
function laneMarks(attempt: AttemptView, next: AttemptView | undefined, job: JobTimes): readonly Mark[] {
  const gone = goneMs(attempt);
  const mark = (kind: SegmentKind, fromMs: number): Mark => ({ kind, attempt: attempt.attempt, fromMs });
  const marks = marksOf(attempt).filter(({ fromMs }) => gone === null || fromMs < gone);
  const endedMs = attempt.endedAt === null ? null : ms(attempt.endedAt);
  if (gone === null) return marks;
  if (endedMs !== null && endedMs < gone) marks.push(mark('release', endedMs));
  const kind = behind(attempt, next === undefined, job);
  // A replacement that is there already leaves nothing to wait for.
  if (next === undefined || ms(next.createdAt) > gone) marks.push(mark(kind, gone));
  return marks;
}

/** End of a lane: its machine's end, then the waiting for the next attempt or for the job's end. */
function laneEndMs(attempt: AttemptView, next: AttemptView | undefined, jobEndMs: number): number {
  const gone = goneMs(attempt);
  if (gone === null || next === undefined) return jobEndMs;
  return Math.max(gone, ms(next.createdAt));
}

type Window = { readonly startMs: number; readonly endMs: number };

/**
 * An attempt's own time, whatever other attempts did meanwhile: segments without holes, none of a machine beyond its
 * bill. Timestamps come from several clocks; one that is out of order is moved to its neighbour.
 */
function laneSegments(marks: readonly Mark[], job: Window, endMs: number, isOver: boolean): readonly Segment[] {
  const within = (at: number): number => Math.min(job.endMs, Math.max(job.startMs, at));
  const segments: Segment[] = [];
  let at = within(marks[0]?.fromMs ?? job.startMs);
  for (const [index, { kind, attempt }] of marks.entries()) {
    const next = marks[index + 1];
    const until = Math.max(at, within(next?.fromMs ?? endMs));
    const isOpen = next === undefined && !isOver && until === job.endMs;
    if (until > at || isOpen) segments.push({ kind, attempt, startMs: at, endMs: until, isOpen });
    at = until;
  }
  return segments;
}

/** The attempts of a job over its time, each in a lane of its own. */
export function timelineOf(job: JobTimes, attempts: readonly AttemptView[], nowMs: number): Timeline {
  const startMs = ms(job.createdAt);
  const endMs = Math.max(startMs, job.finishedAt === null ? nowMs : ms(job.finishedAt));
  const sorted = attempts.toSorted((one, other) => one.attempt - other.attempt);
  if (sorted.length === 0) {
    const segments = segmentsOf(job, [], nowMs);
    return { startMs, endMs, lanes: [{ attempt: null, segments, costs: segments.map(() => 0), checkpoints: [] }] };
  }
  const lanes = sorted.map((attempt, index) => {
    const next = sorted[index + 1];
    const prepare: readonly Mark[] =
      index === 0 ? [{ kind: 'prepare', attempt: attempt.attempt, fromMs: startMs }] : [];
    const marks = [...prepare, ...laneMarks(attempt, next, job)];
    const isOver = job.finishedAt !== null;
    const segments = laneSegments(marks, { startMs, endMs }, laneEndMs(attempt, next, endMs), isOver);
    const checkpoints = attempt.checkpoints.map(({ name, sequence, createdAt }) => ({
      name,
      sequence,
      atMs: Math.min(endMs, Math.max(startMs, ms(createdAt))),
    }));
    return { attempt, segments, costs: segmentCosts(attempt, segments), checkpoints };
  });
  return { startMs, endMs, lanes };
}

/** Time in which an attempt had an instance: from its launch to its end. */
export function heldMs(lane: Lane): number {
  return lane.segments
    .filter(({ kind }) => kind === 'provision' || kind === 'setup' || kind === 'train')
    .reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}
