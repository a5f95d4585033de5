import { describe, expect, test } from '@jest/globals';
import type { MetricPoint } from '@artenic/core';
import fc from 'fast-check';
import { idsText, mostCompared, parseIds } from '../../../web/src/features/compare/compare-ids.ts';
import { configRows } from '../../../web/src/features/compare/config-rows.ts';
import { metricColumns } from '../../../web/src/features/compare/metric-table.ts';
import {
  axisTicks,
  canBeLog,
  parallelAxes,
  placeOn,
  plainAxis,
  type ParallelAxis,
} from '../../../web/src/features/compare/parallel-axes.ts';
import { bestMetrics } from '../../../web/src/lib/best-metrics.ts';

describe('ids of an address', () => {
  test('are read back as they were written, each once and at most ten', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid(), { maxLength: 15 }), (ids) => {
        const wanted = [...new Set(ids)].slice(0, mostCompared);
        expect(parseIds(idsText(ids))).toEqual(wanted);
        expect(parseIds(idsText([...ids, ...ids]))).toEqual(wanted);
      }),
    );
  });

  test('that are none are left out', () => {
    expect(parseIds('nonsense, ,<script>,0190f2c4-0000-7000-8000-000000000001')).toEqual([
      '0190f2c4-0000-7000-8000-000000000001',
    ]);
    expect(parseIds(undefined)).toEqual([]);
  });
});

describe('settings side by side', () => {
  const rows = configRows([
    { service: 'a', config: { lr: 0.1, optimizer: { name: 'adam' }, layers: [1, 2] }, maxHours: 24 },
    { service: 'a', config: { lr: 0.01, optimizer: { name: 'adam' }, warmup: null }, maxHours: 24 },
  ]);

  test('name each setting with its path, the configuration first', () => {
    expect(rows.map(({ path, values, differs }) => [path, ...values, differs])).toEqual([
      ['config.layers', '[1,2]', undefined, true],
      ['config.lr', '0.1', '0.01', true],
      ['config.optimizer.name', 'adam', 'adam', false],
      ['config.warmup', undefined, 'null', true],
      ['maxHours', '24', '24', false],
      ['service', 'a', 'a', false],
    ]);
  });

  test('know which are numbers', () => {
    expect(rows.filter(({ numbers }) => numbers !== null).map(({ path, numbers }) => [path, numbers])).toEqual([
      ['config.lr', [0.1, 0.01]],
      ['maxHours', [24, 24]],
    ]);
  });

  test('of equal jobs never differ, however deep they are, and are bounded', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 12 }), (spec) => {
        const found = configRows([spec, structuredClone(spec)]);
        expect(found.filter(({ differs }) => differs)).toEqual([]);
        expect(found.length).toBeLessThanOrEqual(1000);
      }),
    );
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`name${at}`, at]));
    expect(configRows([wide]).length).toBeLessThanOrEqual(1000);
  });
});

const point = (name: string, step: number, value: number | null): MetricPoint => ({
  ...{ attempt: 1, name, step, epoch: null, value },
  time: new Date(Date.UTC(2026, 0, 1) + step * 1000).toISOString(),
});

describe('best metrics', () => {
  test('are the lowest of a loss and the highest of an accuracy, with the newest beside them', () => {
    const points = [
      ...[3, 1, 2].map((value, at) => point('loss', at, value)),
      ...[0.5, 0.9, 0.7].map((value, at) => point('accuracy', at, value)),
      point('accuracy', 9, null),
      point('grad_norm', 1, 80),
      point('grad_norm', 2, 3),
      point('progress', 9, 1),
    ];
    expect(bestMetrics(points.toReversed())).toEqual(
      expect.arrayContaining([
        { name: 'loss', best: 1, bestStep: 1, last: 2 },
        { name: 'accuracy', best: 0.9, bestStep: 1, last: 0.7 },
        { name: 'grad_norm', best: null, bestStep: null, last: 3 },
      ]),
    );
    expect(bestMetrics(points)).toHaveLength(3);
  });

  test('of several jobs: the best has a mark, and a tie of all has none', () => {
    const jobs = [
      [point('loss', 1, 2), point('f1', 1, 0.5)],
      [point('loss', 1, 1), point('f1', 1, 0.5)],
      [point('rare', 1, 7)],
    ].map(bestMetrics);
    expect(metricColumns(jobs)).toEqual([
      { name: 'f1', isLast: false, values: [0.5, 0.5, null], winners: new Set() },
      { name: 'loss', isLast: false, values: [2, 1, null], winners: new Set([1]) },
      { name: 'rare', isLast: true, values: [null, null, 7], winners: new Set() },
    ]);
  });
});

describe('parallel coordinates', () => {
  test('have an axis for each number in which the jobs differ', () => {
    const rows = configRows([{ config: { lr: 0.1, seed: 1 } }, { config: { lr: 0.2, seed: 1, depth: 3 } }]);
    const columns = metricColumns([[point('loss', 1, 2)], [point('loss', 1, 1)]].map(bestMetrics));
    expect(parallelAxes(rows, columns).map(({ label, values }) => [label, values])).toEqual([
      ['depth', [null, 3]],
      ['lr', [0.1, 0.2]],
      ['loss', [2, 1]],
    ]);
  });

  const axisOf = (values: readonly (number | null)[]): ParallelAxis => ({
    ...{ id: 'a', label: 'a', isMetric: false, values },
  });

  test('place values in order, also flipped and by their size', () => {
    const axis = axisOf([0.001, 0.01, 0.1, null]);
    const places = (view = plainAxis) => axis.values.map((value) => placeOn(axis, value, view));
    expect(places({ isFlipped: false, isLog: true }).map((place) => place && Math.round(place * 100))).toEqual([
      0,
      50,
      100,
      null,
    ]);
    expect(places({ isFlipped: true, isLog: false })[0]).toBe(1);
    expect(canBeLog(axisOf([0, 1]))).toBe(false);
    expect(placeOn(axisOf([0, 1]), 0, { isFlipped: false, isLog: true })).toBe(0);
    expect(placeOn(axisOf([4, 4]), 4, plainAxis)).toBe(0.5);
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 10 }),
        fc.boolean(),
        fc.boolean(),
        (values, isFlipped, isLog) => {
          const any = axisOf(values);
          for (const value of [...values, ...axisTicks(any, { isFlipped, isLog })]) {
            const place = placeOn(any, value, { isFlipped, isLog });
            expect(place).toBeGreaterThanOrEqual(0);
            expect(place).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });
});
