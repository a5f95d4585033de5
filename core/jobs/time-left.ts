/** An attempt's progress in [0, 1] at a time (milliseconds since 1970): attempt, time, progress. */
export type ProgressPoint = readonly [attempt: number, atMs: number, progress: number];
/** Points of a job's progress, oldest first, thinned. Small enough for the job's row. */
export type ProgressTrack = readonly ProgressPoint[];

const mostPoints = 32;
/** Points of one attempt lie at least this part of their whole span apart. */
const spacing = 1 / 16;
const leastGapMs = 1000;

/**
 * Adds a report to the track. The newest report of an attempt replaces the one before it as long as the two are close
 * together. A report without growth changes nothing and returns the same track.
 */
export function withProgress(track: ProgressTrack, point: ProgressPoint): ProgressTrack {
  const [attempt, atMs, progress] = point;
  const last = track.at(-1);
  if (last?.[0] === attempt && (last[2] === progress || atMs <= last[1])) return track;
  const from = track.findLastIndex((one, index) => !isTraining(track[index - 1], one));
  const run = track.slice(Math.max(0, from));
  const [first, before] = [run[0], run.at(-2)];
  const isRunning = last !== undefined && isTraining(last, point);
  const gapMs = first === undefined ? 0 : Math.max(leastGapMs, (atMs - first[1]) * spacing);
  const isClose = isRunning && before !== undefined && last[1] - before[1] < gapMs;
  return [...(isClose ? track.slice(0, -1) : track), point].slice(-mostPoints);
}

/** Whether an attempt trained from one point to the next. A restart and a return to a checkpoint are no training. */
function isTraining(from: ProgressPoint | undefined, to: ProgressPoint): boolean {
  return from !== undefined && from[0] === to[0] && to[2] > from[2] && to[1] > from[1];
}

/** An estimate needs at least this many spans with progress, over at least this training time. */
const enough = { spans: 3, ms: 10_000 };
/** A pause of this many usual distances between two reports is a stall, which lowers the rate. */
const usualGaps = 3;

/**
 * Training time until progress 1, from the rate of progress over the newer half of the training time that the track
 * shows. Time between attempts, and progress that was lost with a machine, do not count as training.
 * @param progress the job's current progress
 * @returns milliseconds; null while too little is known
 */
export function timeLeftMs(track: ProgressTrack, progress: number | null, nowMs: number): number | null {
  if (progress === null) return null;
  if (progress >= 1) return 0;
  const spans = track.flatMap((to, index) => {
    const from = track[index - 1];
    return from !== undefined && isTraining(from, to) ? [{ gained: to[2] - from[2], tookMs: to[1] - from[1] }] : [];
  });
  const knownMs = spans.reduce((sum, { tookMs }) => sum + tookMs, 0);
  if (spans.length < enough.spans || knownMs < enough.ms) return null;
  const recent = { gained: 0, tookMs: 0 };
  for (const { gained, tookMs } of spans.toReversed()) {
    if (recent.tookMs >= Math.max(enough.ms, knownMs / 2)) break;
    recent.gained += gained;
    recent.tookMs += tookMs;
  }
  const sinceMs = Math.max(0, nowMs - (track.at(-1)?.[1] ?? nowMs));
  const stalledMs = Math.max(0, sinceMs - usualGaps * (knownMs / spans.length));
  const wholeMs = ((1 - progress) * (recent.tookMs + stalledMs)) / recent.gained;
  return Math.round(Math.max(0, wholeMs - (sinceMs - stalledMs)));
}
