import { formatDuration } from './format.ts';
import type { AttemptView } from './rest.ts';

/** Training time that ends with the running attempt if it gets no last checkpoint; null when none trains. */
export function lostSinceCheckpoint(
  attempts: readonly Pick<AttemptView, 'attempt' | 'runningAt' | 'endedAt' | 'restoredFrom' | 'checkpoints'>[],
  nowMs: number,
): string | null {
  const newest = attempts.toSorted((one, other) => other.attempt - one.attempt)[0];
  if (newest === undefined || newest.runningAt === null || newest.endedAt !== null) return null;
  const last = newest.checkpoints.toSorted((one, other) => other.sequence - one.sequence)[0];
  const lost = formatDuration(Math.max(0, nowMs - Date.parse(last?.createdAt ?? newest.runningAt)));
  const name = last?.name ?? newest.restoredFrom;
  return name === null
    ? `The ${lost} of training so far are lost: there is no checkpoint.`
    : `The last ${lost} of training are lost: the newest checkpoint is ${name}.`;
}
