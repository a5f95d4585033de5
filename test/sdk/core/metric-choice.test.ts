import { expect, test } from '@jest/globals';
import { bestMetric, bestPoint, keptPoints, type MetricPoint, type SeriesExtremes } from '@artenic/core';

const series = (
  attempt: number,
  name: string,
  [leastValue, leastStep]: readonly [number | null, number | null],
  [greatestValue, greatestStep]: readonly [number | null, number | null],
  firstStep = 0,
): SeriesExtremes => ({ attempt, name, firstStep, leastValue, leastStep, greatestValue, greatestStep });

test('the best is the greatest accuracy, or the least loss', () => {
  const loss = series(1, 'loss', [0.1, 80], [2, 0]);
  expect(bestMetric([loss], [])).toEqual({ name: 'loss', value: 0.1, step: 80 });
  const accuracy = series(1, 'val_accuracy', [0.3, 1], [0.9, 70]);
  expect(bestMetric([loss, accuracy], [])).toEqual({ name: 'val_accuracy', value: 0.9, step: 70 });
});

test('metrics that the job declares come first, when it has reported one of them', () => {
  const all = [series(1, 'accuracy', [0, 0], [1, 5]), series(1, 'cost_per_lead', [3, 9], [8, 0])];
  expect(bestMetric(all, ['cost_per_lead'])).toEqual({ name: 'cost_per_lead', value: 8, step: 0 });
  expect(bestMetric(all, ['not_reported'])?.name).toBe('accuracy');
});

test('a best point that was lost with its machine does not count', () => {
  const first = series(1, 'loss', [0.05, 480], [2, 0]);
  const later = series(2, 'other', [1, 400], [1, 400], 400);
  expect(bestMetric([first, later], [])).toBeNull();
  const again = series(2, 'loss', [0.07, 470], [0.2, 400], 400);
  expect(bestMetric([first, later, again], [])).toEqual({ name: 'loss', value: 0.07, step: 470 });
  const kept = series(1, 'loss', [0.05, 380], [2, 0]);
  expect(bestMetric([kept, later, again], [])).toEqual({ name: 'loss', value: 0.05, step: 380 });
});

test('the job’s own direction holds, and of equal values the first', () => {
  const both = [series(2, 'cost', [3, 9], [8, 5], 5), series(1, 'cost', [3, 2], [8, 0])];
  expect(bestMetric(both, ['cost'], { cost: 'min' })).toEqual({ name: 'cost', value: 3, step: 2 });
  expect(bestMetric(both, ['cost'])).toEqual({ name: 'cost', value: 8, step: 0 });
});

test('without finite points there is none', () => {
  expect(bestMetric([], ['loss'])).toBeNull();
  expect(bestMetric([series(1, 'loss', [null, null], [null, null])], [])).toBeNull();
});

test('points that a later attempt replaced are neither the best nor the last', () => {
  const point = (attempt: number, step: number, value: number | null): MetricPoint => ({
    ...{ name: 'loss', attempt, step, epoch: null, value, time: '2026-03-01T00:00:00.000Z' },
  });
  const points = [
    point(1, 400, 0.3),
    point(1, 480, 0.05),
    point(2, 400, 0.2),
    point(2, 470, 0.07),
    point(2, 471, null),
  ];
  const kept = keptPoints(points.toReversed());
  expect(kept.map(({ attempt, step }) => [attempt, step])).toEqual([
    [2, 400],
    [2, 470],
    [2, 471],
  ]);
  expect(bestPoint('loss', kept)).toMatchObject({ attempt: 2, step: 470 });
  expect(bestPoint('accuracy', kept)).toMatchObject({ step: 400 });
  expect(bestPoint('loss', [point(1, 1, null)])).toBeNull();
});
