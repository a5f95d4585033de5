import { expect, test } from '@jest/globals';
import {
  gpuSeries,
  isSystemSeries,
  systemCharts,
  systemFacts,
  type SystemMetrics,
  type SystemSeries,
} from '../../../sdk/core/index.ts';

type Recent = { readonly seconds?: number; readonly mean?: number; readonly greatest: number };

function series(name: string, recent: Recent | null): SystemSeries {
  const one = recent === null ? [] : [recent.greatest];
  return {
    name,
    times: one.map(() => '2026-03-01T00:00:00.000Z'),
    ...{ least: one, mean: one, greatest: one },
    recent: recent === null ? null : { seconds: 600, mean: recent.greatest, ...recent },
  };
}
const facts = (of: Readonly<Record<string, Recent>>) =>
  systemFacts({ items: Object.entries(of).map(([name, recent]) => series(name, recent)) });

test('an idle GPU and memory at its limit are facts; what is usual is none', () => {
  expect(
    facts({
      [gpuSeries(0, 'use')]: { mean: 3.2, greatest: 60 },
      [gpuSeries(1, 'use')]: { mean: 71, greatest: 100 },
      // Not measured for long enough to say that it is idle.
      [gpuSeries(2, 'use')]: { mean: 0, greatest: 0, seconds: 120 },
      'container-memory': { greatest: 15.2e9 },
      'container-memory-limit': { greatest: 16e9 },
      'machine-memory': { greatest: 20e9 },
      'machine-memory-total': { greatest: 64e9 },
      'disk-used': { greatest: 97e9 },
      'disk-total': { greatest: 100e9 },
    }),
  ).toEqual([
    "Memory near the container's limit: 95 %, 15 GB of 16 GB",
    'The disk of the work folder is nearly full: 97 %, 97 GB of 100 GB',
    'GPU 0 idle: 3 % on average over the last 10 min',
  ]);
  expect(facts({ 'machine-memory': { greatest: 62e9 }, 'machine-memory-total': { greatest: 64e9 } })).toEqual([
    "The machine's memory is nearly full: 97 %, 62 GB of 64 GB",
  ]);
  expect(facts({ 'machine-memory': { greatest: 10e9 }, 'machine-memory-total': { greatest: 64e9 } })).toEqual([]);
  expect(facts({ 'disk-used': { greatest: 0 }, 'disk-total': { greatest: 0 } })).toEqual([]);
});

test('charts hold what was measured, in their units, GPUs first', () => {
  const metrics: Pick<SystemMetrics, 'items'> = {
    items: [
      series('machine-cpu', { greatest: 40 }),
      series('machine-disk-read', { greatest: 5e6 }),
      series(gpuSeries(3, 'memory'), { greatest: 8e9 }),
      series('disk-used', null),
      series('of-a-later-release', { greatest: 1 }),
    ],
  };
  const found = systemCharts(metrics).map(({ title, unit, lines }) => [
    ...[title, unit],
    ...lines.map(({ label, greatest }) => `${label} ${greatest.join(' ')}`),
  ]);
  expect(found).toEqual([
    ['GPU memory', 'GB', 'GPU 3 8'],
    ['CPU', '%', 'Machine 40'],
    ['Disk traffic of the machine', 'MB/s', 'Read 5'],
  ]);
  expect(isSystemSeries('gpu-15-power') && !isSystemSeries('gpu-16-power') && !isSystemSeries('loss')).toBe(true);
});
