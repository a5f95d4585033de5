import { describe, expect, test } from '@jest/globals';
import type { MetricPoint } from '@artenic/core';
import fc from 'fast-check';
import { decimate, joinSeries } from '../../../web/src/charts/decimate.ts';
import { lineData, plainLines, valueAt, zoomed } from '../../../web/src/charts/line-data.ts';
import { lineNotes } from '../../../web/src/charts/line-notes.ts';
import { metricNames, runOf } from '../../../web/src/charts/metric-runs.ts';
import { outliersOf } from '../../../web/src/charts/outliers.ts';
import { areaPath, linePath } from '../../../web/src/charts/svg-path.ts';
import { convertRange } from '../../../web/src/charts/x-range.ts';
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
  const even = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

  test('weighs points by their distance in x, as the documented formula does', () => {
    const x = even(60).map((at) => at ** 1.5);
    const y = x.map((at) => Math.sin(at));
    const spanX = x.at(-1) ?? 0;
    // W&B's own lines: the last value and the weights shrink by the weight to the power of the distance in 1/1000.
    let [lastY, debias] = [0, 0];
    const expected = y.map((value, at) => {
      const kept = Math.sqrt(0.9) ** ((((x[at] ?? 0) - (x[Math.max(0, at - 1)] ?? 0)) / spanX) * 1000);
      lastY = lastY * kept + value;
      debias = debias * kept + 1;
      return lastY / debias;
    });
    for (const [at, value] of smooth(x, y, { smoothing: 0.9, spanX }).entries())
      expect(value).toBeCloseTo(expected[at] ?? 0, 12);
  });

  test('draws a curve of few points where it is', () => {
    const y = even(49).map((at) => Math.exp(-at / 5));
    expect(smooth(even(49), y, { smoothing: 0.99, spanX: 48 })).toEqual(y);
    // As many points, far apart: none has much to say about its neighbour.
    const sparse = even(60);
    const falling = sparse.map((at) => 4 * Math.exp(-at / 12) + 1);
    const last = smooth(sparse, falling, { smoothing: 0.9, spanX: 59 }).at(-1) ?? 0;
    expect(Math.abs(last - (falling.at(-1) ?? 0))).toBeLessThan(0.05);
  });

  test('is the same over the same width, whatever the number of points', () => {
    const curve = (count: number): number | null | undefined => {
      const x = even(count).map((at) => at / (count - 1));
      return smooth(
        x,
        x.map((at) => at),
        { smoothing: 0.95, spanX: 1 },
      ).at(-1);
    };
    expect(curve(5000)).toBeCloseTo(curve(500) ?? 0, 2);
  });

  test('stays within its values, and leaves gaps and constants alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })), { minLength: 50, maxLength: 200 }),
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 200, maxLength: 200 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (y, steps, smoothing) => {
          let at = 0;
          const x = y.map((_, place) => (at += steps[place] ?? 0));
          const smoothed = smooth(x, y, { smoothing, spanX: (x.at(-1) ?? 0) - (x[0] ?? 0) });
          const own = numbers(y);
          for (const [place, one] of smoothed.entries()) {
            expect(one === null).toBe(y[place] === null);
            if (one === null) continue;
            expect(one).toBeGreaterThanOrEqual(Math.min(...own) - 1e-6);
            expect(one).toBeLessThanOrEqual(Math.max(...own) + 1e-6);
          }
        },
      ),
    );
    const constant = even(80).map(() => 3);
    for (const one of smooth(even(80), constant, { smoothing: 0.9, spanX: 79 })) expect(one).toBeCloseTo(3, 12);
    const broken = even(80).map((at) => (at === 40 ? Infinity : at));
    expect(smooth(even(80), broken, { smoothing: 0.9, spanX: 79 })[40]).toBe(Infinity);
  });
});

describe('outliers', () => {
  const run = (y: readonly (number | null)[]) => ({ id: 'a', name: 'a', x: y.map((_, at) => at), y });
  const all = { range: null, isLog: false };
  const wavy = Array.from({ length: 200 }, (_, at) => 1 + 0.1 * Math.sin(at));

  test('of a spike: the axis fits the rest, and the spike is counted', () => {
    const y = [...wavy];
    y[50] = 900;
    y[51] = -900;
    const found = outliersOf([run(y)], all);
    expect(found).toMatchObject({ count: 2, lowest: -900, highest: 900 });
    expect(found.axis?.[0]).toBeGreaterThan(0.8);
    expect(found.axis?.[1]).toBeLessThan(1.2);
    expect(outliersOf([run(y)], { ...all, range: [60, 200] })).toMatchObject({ axis: null, count: 0 });
  });

  test('there are none in even, few, constant or missing values', () => {
    for (const y of [wavy, [1, 2, 900], Array.from({ length: 50 }, () => 4), [null, Number.NaN, Infinity]])
      expect(outliersOf([run(y)], all)).toMatchObject({ axis: null, count: 0 });
  });

  test('of a line that mostly stands still are what differs from it', () => {
    const y: number[] = Array.from({ length: 100 }, (_, at) => (at % 9 === 0 ? 0.1 : 0));
    y[50] = 50;
    expect(outliersOf([run(y)], all)).toMatchObject({ count: 1 });
  });

  test('are told by their size on a logarithmic axis, which has no place for zero', () => {
    const y = Array.from({ length: 100 }, (_, at) => 10 ** (-3 + (at % 5)));
    y[10] = 0;
    expect(outliersOf([run(y)], { range: null, isLog: true })).toMatchObject({ count: 0 });
    y[11] = 1e30;
    expect(outliersOf([run(y)], { range: null, isLog: true })).toMatchObject({ count: 1 });
  });

  test('are exactly what lies outside of the axis', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 300 }), (y) => {
        const { axis, count } = outliersOf([run(y)], all);
        const finite = numbers(y).filter(Number.isFinite);
        if (axis === null) expect(count).toBe(0);
        else expect(finite.filter((one) => one < axis[0] || one > axis[1])).toHaveLength(count);
      }),
    );
  });
});

describe('a zoom on another axis', () => {
  test('shows at least the points that it showed before', () => {
    const pair = fc.record({ from: fc.integer({ min: 0, max: 1000 }), to: fc.integer({ min: 0, max: 1e9 }) });
    fc.assert(
      fc.property(
        fc.array(pair),
        fc.integer({ min: 0, max: 900 }),
        fc.integer({ min: 1, max: 99 }),
        (pairs, low, by) => {
          const range = [low, low + by] as const;
          const shown = pairs.filter(({ from }) => from >= range[0] && from <= range[1]);
          const next = convertRange(range, pairs);
          if (next === null) expect(new Set(shown.map(({ to }) => to)).size).toBeLessThan(2);
          else for (const { to } of shown) expect(to >= next[0] && to <= next[1]).toBe(true);
        },
      ),
    );
  });

  test('there and back is the same zoom, drawn to its points', () => {
    const steps = [0, 10, 20, 30, 40].map((step) => ({ from: step, to: 1_700_000_000_000 + step * 250 }));
    const there = convertRange([5, 35], steps);
    expect(there).toEqual([1_700_000_002_500, 1_700_000_007_500]);
    const back = convertRange(
      there ?? [0, 0],
      steps.map(({ from, to }) => ({ from: to, to: from })),
    );
    expect(back).toEqual([10, 30]);
  });

  test('of one point or none is no zoom', () => {
    expect(convertRange([5, 9], [{ from: 7, to: 3 }])).toBeNull();
    expect(convertRange([5, 9], [])).toBeNull();
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
  const wanted = { id: 'a', name: 'a', metric: 'loss', startMs: 400 } as const;

  test('a resumed attempt takes over the steps it repeats', () => {
    expect(runOf(points.toReversed(), { ...wanted, xKind: 'step' })).toMatchObject({ x: [1, 2, 3], y: [9, 6, null] });
    expect(runOf(points, { ...wanted, xKind: 'time' })).toMatchObject({
      x: [1000, 2000, 3000, 10_000, 11_000],
      y: [9, 8, 7, 6, null],
    });
    expect(runOf(points, { ...wanted, xKind: 'elapsed' }).x).toEqual([600, 1600, 2600, 9600, 10_600]);
  });

  test('the best known names come first', () => {
    const named = ['zeta', 'val_loss', 'acc', 'loss'].map((name) => ({ ...point(1, 1, 1, 1), name }));
    expect(metricNames(named)).toEqual(['loss', 'val_loss', 'acc', 'zeta']);
  });
});

describe('what a line chart draws', () => {
  const run = (y: readonly (number | null)[]) => ({ id: 'a', name: 'a', x: y.map((_, at) => at), y });
  const options = { ...plainLines, buckets: 100, range: null, spanX: 4999 };

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

  test('says which lines are too short to be smoothed, and draws them as they are', () => {
    const long = run(Array.from({ length: 5000 }, (_, at) => Math.sin(at)));
    const short = { ...run([3, 2, 1]), id: 'b', name: 'b' };
    const drawn = lineData([long, short], { ...options, smoothing: 0.9 });
    expect(drawn.notSmoothed).toEqual(['b']);
    expect(drawn.raw).toHaveLength(2);
    expect(numbers(drawn.main[1]?.map((one) => one ?? null) ?? [])).toEqual([3, 2, 1]);
    expect(lineNotes(drawn, 2)).toEqual(['b: not smoothed, fewer than 50 points.']);
    expect(lineNotes(lineData([short], { ...options, smoothing: 0.9 }), 1)).toEqual([
      'Not smoothed, fewer than 50 points.',
    ]);
  });

  test('says how many points are outside of the axis', () => {
    const y = Array.from({ length: 100 }, (_, at) => Math.sin(at));
    y[7] = 120;
    const drawn = lineData([run(y)], { ...options, ignoresOutliers: true });
    expect(lineNotes(drawn, 1)).toEqual(['1 point outside the axis, up to 120: marked at its edge.']);
    expect(drawn.main[0]).toContain(120);
    expect(lineData([run(y)], options).outliers).toBeNull();
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
  expect(linePath(points)).toBe('M0,1L1,2M3,3Z');
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
  ).toBe('M0,1L1,2L1,9L0,9Z');
});

test('new points are added to what a screen has; nothing new leaves it as it is', () => {
  const pointAt = (step: number): MetricPoint => ({
    ...{ attempt: 1, name: 'loss', step, epoch: null, time: new Date(step).toISOString(), value: step },
  });
  const held = heldOf({ items: [pointAt(1), pointAt(3)], nextAfter: 7, reload: false });
  expect(withNews(held, { items: [], nextAfter: 7, reload: false })).toBe(held);
  const more = withNews(held, { items: [pointAt(2)], nextAfter: 8, reload: false });
  expect(more).toMatchObject({ nextAfter: 8, added: 1 });
  const wanted = { id: 'loss', name: 'loss', metric: 'loss', xKind: 'step', startMs: 0 } as const;
  expect(runOf(more.items, wanted)).toMatchObject({ x: [1, 2, 3], y: [1, 2, 3] });
});
