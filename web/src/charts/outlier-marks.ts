import type uPlot from 'uplot';
import type { AxisRange } from './outliers.ts';
import { toneAt } from './palette.ts';
import type { ThemeColours } from './use-theme-colours.ts';

const sizePx = 5;

/** Draws a triangle at the edge of the plot for every value outside of the axis, in its line's colour. */
export function drawOutliers(
  plot: uPlot,
  [low, high]: AxisRange,
  { places, colours }: { readonly places: readonly number[]; readonly colours: ThemeColours },
): void {
  const { ctx, bbox, data } = plot;
  const size = sizePx * devicePixelRatio;
  const { min, max } = plot.scales['x'] ?? {};
  ctx.save();
  // With smoothing the first columns are the raw values; without it they are the only ones.
  for (const [index, place] of places.entries()) {
    ctx.fillStyle = colours[toneAt(place)];
    for (const [at, value] of (data[index + 1] ?? []).entries()) {
      const x = data[0][at] ?? 0;
      if (typeof value !== 'number' || (value >= low && value <= high) || x < (min ?? x) || x > (max ?? x)) continue;
      const isAbove = value > high;
      const left = plot.valToPos(x, 'x', true);
      const tip = isAbove ? bbox.top : bbox.top + bbox.height;
      const base = tip + (isAbove ? size * 1.4 : -size * 1.4);
      ctx.beginPath();
      ctx.moveTo(left, tip);
      ctx.lineTo(left - size, base);
      ctx.lineTo(left + size, base);
      ctx.fill();
    }
  }
  ctx.restore();
}
