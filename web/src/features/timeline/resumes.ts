import { formatDuration } from '@artenic/core';
import type { AttemptView, MetricPoint } from '@artenic/core';
import { formatCount } from '../../lib/format.ts';

/** How an attempt went on from the one before it. */
export type Resume = {
  /** Name of the checkpoint that was restored; null when it began anew. */
  readonly checkpoint: string | null;
  /** The training's step at that checkpoint; null when unknown. */
  readonly step: number | null;
  /** Training of the attempt before that was after the checkpoint and is done again. */
  readonly lostMs: number;
};

const ms = (timestamp: string): number => Date.parse(timestamp);

/** When an attempt stopped to work: its end, or the end of its machine where that was earlier. */
function stoppedMs({ endedAt, billedUntil, runningAt }: AttemptView): number {
  const ends = [endedAt, billedUntil].flatMap((at) => (at === null ? [] : [ms(at)]));
  return Math.max(ms(runningAt ?? ''), Math.min(...ends));
}

function stepAt(name: string, source: number, atMs: number, points: readonly MetricPoint[]): number | null {
  const named = /(?:step\D{0,3}|^checkpoint-)(\d{1,12})/i.exec(name)?.[1];
  if (named !== undefined) return Number(named);
  const steps = points.filter(({ attempt, time }) => attempt === source && ms(time) <= atMs).map(({ step }) => step);
  return steps.length === 0 ? null : steps.reduce((most, step) => Math.max(most, step));
}

/**
 * From where an attempt resumed and what that cost; null for an attempt before which none had trained, or which does
 * not train yet.
 * @param points the job's metrics, for checkpoints whose name does not tell a step
 */
export function resumeOf(
  attempt: AttemptView,
  attempts: readonly AttemptView[],
  points: readonly MetricPoint[],
): Resume | null {
  const earlier = attempts.filter((one) => one.attempt < attempt.attempt);
  const before = earlier.filter(({ runningAt }) => runningAt !== null).toSorted((a, b) => b.attempt - a.attempt)[0];
  if (before === undefined || attempt.runningAt === null) return null;
  const stopped = Math.min(stoppedMs(before), ms(attempt.runningAt));
  const began = ms(before.runningAt ?? attempt.createdAt);
  const name = attempt.restoredFrom;
  if (name === null) return { checkpoint: null, step: null, lostMs: Math.max(0, stopped - began) };
  const [saved] = earlier
    .flatMap((one) => one.checkpoints.map((checkpoint) => ({ ...checkpoint, source: one.attempt })))
    .filter((checkpoint) => checkpoint.name === name)
    .toSorted((one, other) => ms(other.createdAt) - ms(one.createdAt));
  const savedMs = saved === undefined ? stopped : ms(saved.createdAt);
  return {
    checkpoint: name,
    step: saved === undefined ? null : stepAt(name, saved.source, savedMs, points),
    lostMs: Math.max(0, stopped - Math.max(savedMs, began)),
  };
}

/** `resumed at step 38,000, lost 12 s`. */
export function resumeWords({ checkpoint, step, lostMs }: Resume): string {
  const from =
    checkpoint === null
      ? 'started from the beginning'
      : step === null
        ? `resumed from ${checkpoint}`
        : `resumed at step ${formatCount(step)}`;
  return lostMs < 1000 ? `${from}, nothing lost` : `${from}, lost ${formatDuration(lostMs)}`;
}
