import { formatNumber } from './chart-format.ts';
import type { LineData } from './line-data.ts';
import { leastToSmooth } from './smooth.ts';

const plural = (count: number, one: string): string =>
  `${new Intl.NumberFormat().format(count)} ${one}${count === 1 ? '' : 's'}`;

/** Sentences on what the drawing leaves out or does not do. */
export function lineNotes({ notPositive, outliers, notSmoothed }: LineData, lines: number): readonly string[] {
  const notes: string[] = [];
  if (notPositive > 0) notes.push(`${plural(notPositive, 'value')} ≤ 0 not on a log scale.`);
  if (outliers?.axis != null) {
    const [low, high] = outliers.axis;
    const ends = [
      ...(outliers.highest > high ? [`up to ${formatNumber(outliers.highest)}`] : []),
      ...(outliers.lowest < low ? [`down to ${formatNumber(outliers.lowest)}`] : []),
    ];
    notes.push(`${plural(outliers.count, 'point')} outside the axis, ${ends.join(' and ')}: marked at its edge.`);
  }
  if (notSmoothed.length > 0) {
    const who = notSmoothed.length === lines ? '' : `${notSmoothed.join(', ')}: `;
    notes.push(`${who}${who === '' ? 'Not' : 'not'} smoothed, fewer than ${leastToSmooth} points.`);
  }
  return notes;
}
