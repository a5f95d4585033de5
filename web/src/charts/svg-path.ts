import { area, line } from 'd3-shape';

export type Point = { readonly x: number; readonly y: number | null };

/** Two decimals are finer than any screen. */
const digits = 2;

const lineOf = line<Point>()
  .defined(({ y }) => y !== null)
  .x(({ x }) => x)
  .y(({ y }) => y ?? 0)
  .digits(digits);

/** Straight lines through points. A gap interrupts the line, and a single point between gaps becomes a dot. */
export function linePath(points: readonly Point[]): string {
  return lineOf(points) ?? '';
}

/** The area between an upper and a lower line with the same x values. */
export function areaPath(upper: readonly Point[], lower: readonly Point[]): string {
  const between = area<Point>()
    .x(({ x }) => x)
    .y1(({ y }) => y ?? 0)
    .y0((_, at) => lower[at]?.y ?? 0)
    .digits(digits);
  return between(upper) ?? '';
}
