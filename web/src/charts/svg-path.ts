/** Two decimals are finer than any screen. */
const place = (value: number): string => String(Math.round(value * 100) / 100);

export type Point = { readonly x: number; readonly y: number | null };

/** Straight lines through points. A gap interrupts the line, and a single point between gaps becomes a dot. */
export function linePath(points: readonly Point[]): string {
  let path = '';
  let isDown = false;
  for (const [index, { x, y }] of points.entries()) {
    if (y === null) {
      isDown = false;
      continue;
    }
    path += `${isDown ? 'L' : 'M'}${place(x)} ${place(y)}`;
    const next = points[index + 1]?.y ?? null;
    if (!isDown && next === null) path += 'h0.01';
    isDown = true;
  }
  return path;
}

/** The area between an upper and a lower line with the same x values. */
export function areaPath(upper: readonly Point[], lower: readonly Point[]): string {
  if (upper.length === 0) return '';
  return `${linePath(upper)}${linePath(lower.toReversed()).replace('M', 'L')}Z`;
}
