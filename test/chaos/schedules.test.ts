import { expect, test } from '@jest/globals';
import { kindOf } from './cloud/describe.ts';
import { allPoints, submitPoints } from './cloud/points.ts';
import { batchesOf } from './cloud/schedule.ts';

const run = { seed: 3, schedules: 1000, batchSize: 20, machines: 'scripted' } as const;

test('a seed makes its schedules again, and another one others', () => {
  expect(batchesOf(run)).toEqual(batchesOf(run));
  expect(batchesOf({ ...run, seed: 4 })).not.toEqual(batchesOf(run));
});

test('a shorter run is the beginning of a longer one', () => {
  const schedulesOf = (schedules: number) => batchesOf({ ...run, schedules }).flatMap((batch) => batch.schedules);
  expect(schedulesOf(40)).toEqual(schedulesOf(1000).slice(0, 40));
});

test('every point has its deaths', () => {
  const schedules = batchesOf({ ...run, schedules: allPoints.length }).flatMap((batch) => batch.schedules);
  const points = schedules.flatMap(({ acts }) =>
    acts.flatMap(({ at, action }) => (action.do === 'kill' ? [at.point] : [])),
  );
  expect(new Set(points)).toEqual(new Set([...allPoints.map(([point]) => point), ...submitPoints]));
});

test('a thousand schedules have every kind of fault', () => {
  const acts = batchesOf(run).flatMap(({ schedules }) => schedules.flatMap((schedule) => schedule.acts));
  const kinds = new Set(acts.map(({ action }) => kindOf(action)));
  const named = ['worker', 'api', 'postgres', 'temporal'].map((target) => `kill -9 ${target}`);
  const verbs = ['terminate', 'cancel', 'reset'].map((verb) => `temporal workflow ${verb}`);
  const others = ['cancel', 'zombie attempt', 'machine switched off', 'price change', 'instance that no row knows'];
  const preemptions = ['preemption with notice', 'preemption without notice'];
  expect([...kinds]).toEqual(expect.arrayContaining([...named, ...verbs, ...others, ...preemptions]));
  expect([...kinds].filter((kind) => kind.startsWith('cloud: ')).length).toBeGreaterThanOrEqual(20);
});
