import { formatTickDuration } from '../../charts/chart-format.ts';
import { durationTicks } from '../../charts/scale.ts';

export type TimelineTick = {
  readonly atMs: number;
  readonly label: string;
  /** The label stands before its tick, because behind it there is no room. */
  readonly isBefore: boolean;
};

/** Width of a character of a label in a font with equal digits, rounded up, and the space around a label. */
const [characterPx, aroundPx] = [7, 14];

/** Ticks of a timeline whose labels do not meet. */
export function timelineTicks(wholeMs: number, widthPx: number): readonly TimelineTick[] {
  const count = Math.max(1, Math.min(8, Math.floor(widthPx / 96)));
  const ticks: TimelineTick[] = [];
  let reachedPx = 0;
  for (const atMs of durationTicks(wholeMs, count)) {
    const label = formatTickDuration(atMs);
    const labelPx = label.length * characterPx + aroundPx;
    const placePx = (atMs / Math.max(1, wholeMs)) * widthPx;
    const isBefore = placePx + labelPx > widthPx;
    const fromPx = isBefore ? placePx - labelPx : placePx;
    if (fromPx < reachedPx) continue;
    reachedPx = fromPx + labelPx;
    ticks.push({ atMs, label, isBefore });
  }
  return ticks;
}
