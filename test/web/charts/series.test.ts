import { describe, expect, test } from '@jest/globals';
import type { MetricPoint } from '@artenic/core';
import fc from 'fast-check';
import { decimate, joinSeries } from '../../../web/src/charts/decimate.ts';
import { lineData, valueAt, zoomed } from '../../../web/src/charts/line-data.ts';
import { metricNames, runOf } from '../../../web/src/charts/metric-runs.ts';
import { areaPath, linePath } from '../../../web/src/charts/svg-path.ts';
import { heldOf, withNews } from '../../../web/src/lib/held-series.ts';
import { smooth } from '../../../web/src/charts/smooth.ts';

const value = fc.option(fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constant(Number.NaN)), { freq: 8 });
const series = fc.array(value, { minLength: 1, maxLength: 4000 }).map((y) => ({ x: y.map((_, at) => at * 3), y }));
const numbers = (y: readonly (number | null)[]): number[] =>
  y.filter((one): one is number => one !== null && !Number.isNaN(one));

describe('decimation', () => {
  test('a single spike in fifty thousand points stays', () => {
    const y = Array.from({ length: 50_000 }, (_, at) => Math.exp(-at / 10_000));
    y[31_337] = 40;
    y[12_345] = -7;
    const thin = decimate({ x: y.map((_, at) => at), y }, { buckets: 400 });
    expect(thin.x.length).toBeLessThanOrEqual(1600);
    expect(thin.y[thin.x.indexOf(31_337)]).toBe(40);
    expect(thin.y[thin.x.indexOf(12_345)]).toBe(-7);
  });

  test('keeps extremes, ends, order and gaps, and invents nothing', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 60 }), (whole, buckets) => {
        const thin = decimate(whole, { buckets });
        expect(thin.x.length).toBeLessThanOrEqual(Math.max(buckets * 5, 4));
        const all = numbers(whole.y);
        expect(Math.min(...numbers(thin.y))).toBe(Math.min(...all));
        expect(Math.max(...numbers(thin.y))).toBe(Math.max(...all));
        expect(thin.y.includes(null)).toBe(whole.y.some((one) => one === null || Number.isNaN(one)));
        for (const [at, place] of thin.x.entries()) {
          if (at > 0) expect(place).toBeGreaterThan(thin.x[at - 1] ?? 0);
          const original = whole.y[place / 3] ?? null;
          expect(thin.y[at]).toBe(original === null || Number.isNaN(original) ? null : original);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('of a range keeps one point on either side', () => {
    const x = Array.from({ length: 10_000 }, (_, at) => at);
    const thin = decimate({ x, y: x }, { buckets: 10, range: [500, 510] });
    expect([thin.x[0], thin.x.at(-1)]).toEqual([499, 511]);
  });
});

test('series join on one axis: null breaks, undefined does not', () => {
  const joined = joinSeries([
    { x: [0, 2, 4], y: [1, null, 3] },
    { x: [1, 2], y: [5, 6] },
  ]);
  expect(joined.x).toEqual([0, 1, 2, 4]);
  expect(joined.ys).toEqual([
    [1, undefined, null, 3],
    [undefined, 5, 6, undefined],
  ]);
});

describe('smoothing', () => {
  test('is a debiased moving average', () => {
    const [first, second, third] = smooth([1, 2, 4], 0.5);
    expect(first).toBeCloseTo(1, 12);
    expect(second).toBeCloseTo((0.25 + 1) / 0.75, 12);
    expect(third).toBeCloseTo((0.125 + 0.5 + 2) / 0.875, 12);
  });

  test('stays within its values, and leaves gaps and constants alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })), { minLength: 1 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (y, weight) => {
          const smoothed = smooth(y, weight);
          const own = numbers(y);
          for (const [at, one] of smoothed.entries()) {
            expect(one === null).toBe(y[at] === null);
            if (one === null) continue;
            expect(one).toBeGreaterThanOrEqual(Math.min(...own) - 1e-6);
            expect(one).toBeLessThanOrEqual(Math.max(...own) + 1e-6);
          }
        },
      ),
    );
    expect(smooth([3, 3, 3], 0.9)).toEqual([3, 3, 3]);
    expect(smooth([1, Infinity, 2], 0.9)[1]).toBe(Infinity);
  });
});

describe('metrics', () => {
  const point = (attempt: number, step: number, value: number | null, second: number): MetricPoint => ({
    attempt,
    name: 'loss',
    step,
    epoch: null,
    time: new Date(second * 1000).toISOString(),
    value,
  });
  const points = [point(1, 1, 9, 1), point(1, 2, 8, 2), point(1, 3, 7, 3), point(2, 2, 6, 10), point(2, 3, null, 11)];
  const wanted = { id: 'a', name: 'a', metric: 'loss' } as const;

  test('a resumed attempt takes over the steps it repeats', () => {
    expect(runOf(points.toReversed(), { ...wanted, xKind: 'step' })).toMatchObject({ x: [1, 2, 3], y: [9, 6, null] });
    expect(runOf(points, { ...wanted, xKind: 'time' })).toMatchObject({
      x: [1000, 2000, 3000, 10_000, 11_000],
      y: [9, 8, 7, 6, null],
    });
  });

  test('the best known names come first', () => {
    const named = ['zeta', 'val_loss', 'acc', 'loss'].map((name) => ({ ...point(1, 1, 1, 1), name }));
    expect(metricNames(named)).toEqual(['loss', 'val_loss', 'acc', 'zeta']);
  });
});

describe('what a line chart draws', () => {
  const run = (y: readonly (number | null)[]) => ({ id: 'a', name: 'a', x: y.map((_, at) => at), y });
  const options = { isLog: false, smoothing: 0, buckets: 100, range: null };

  test('is smoothed before it is thinned, so that zooming changes no value', () => {
    const noisy = [run(Array.from({ length: 5000 }, (_, at) => Math.sin(at) + at / 1000))];
    const whole = lineData(noisy, { ...options, smoothing: 0.9 });
    const part = lineData(noisy, { ...options, smoothing: 0.9, range: [1000, 1010] });
    for (const [at, x] of part.x.entries()) {
      const same = whole.x.indexOf(x);
      if (same >= 0 && typeof whole.main[0]?.[same] === 'number') expect(part.main[0]?.[at]).toBe(whole.main[0][same]);
    }
    expect(part.x).toEqual([999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011]);
    expect(part.raw[0]).toEqual(noisy[0]?.y.slice(999, 1012));
  });

  test('leaves out what has no place on a logarithmic axis, and counts it', () => {
    const drawn = lineData([run([1, 0, -2, 10, null, Infinity])], { ...options, isLog: true });
    expect(drawn).toMatchObject({ main: [[1, null, null, 10, null, null]], notPositive: 2 });
  });

  test('reads the value at or before a place', () => {
    const line = { id: 'a', name: 'a', x: [10, 20], y: [1, null] };
    expect([5, 10, 19, 20, 99].map((x) => valueAt(line, x))).toEqual([undefined, 1, 1, null, null]);
  });

  test('zooms around the cursor and back to everything', () => {
    expect(zoomed([0, 100], null, 0.5, 20)).toEqual([10, 60]);
    expect(zoomed([0, 100], [10, 60], 2, 20)).toBeNull();
    expect(zoomed([0, 100], [80, 100], 2, null)).toEqual([70, 100]);
  });
});

test('paths lift the pen at gaps and show lone points', () => {
  const points = [1, 2, null, 3, null].map((y, x) => ({ x, y }));
  expect(linePath(points)).toBe('M0 1L1 2M3 3h0.01');
  expect(
    areaPath(
      [
        { x: 0, y: 1 },
        { x: 1, y: 2 },
      ],
      [
        { x: 0, y: 9 },
        { x: 1, y: 9 },
      ],
    ),
  ).toBe('M0 1L1 2L1 9L0 9Z');
});

test('new points are added to what a screen has; nothing new leaves it as it is', () => {
  const pointAt = (step: number): MetricPoint => ({
    ...{ attempt: 1, name: 'loss', step, epoch: null, time: new Date(step).toISOString(), value: step },
  });
  const held = heldOf({ items: [pointAt(1), pointAt(3)], nextAfter: 7, reload: false });
  expect(withNews(held, { items: [], nextAfter: 7, reload: false })).toBe(held);
  const more = withNews(held, { items: [pointAt(2)], nextAfter: 8, reload: false });
  expect(more).toMatchObject({ nextAfter: 8, added: 1 });
  const wanted = { id: 'loss', name: 'loss', metric: 'loss', xKind: 'step' } as const;
  expect(runOf(more.items, wanted)).toMatchObject({ x: [1, 2, 3], y: [1, 2, 3] });
});
