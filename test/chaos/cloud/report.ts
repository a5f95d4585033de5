import { availableParallelism } from 'node:os';
import type { RunRecord } from '../../../scripts/docs/reliability-record.ts';
import { countBy } from './counts.ts';
import { kindOf } from './describe.ts';
import type { Outage } from './outage.ts';
import type { Played } from './play.ts';
import { allPoints, submitPoints, type Point } from './points.ts';
import type { Sabotage } from './sabotage.ts';
import type { Machines } from './schedule.ts';
import { violationKinds } from './verdict.ts';

type Counts = Readonly<Record<string, number>>;
type Settings = {
  readonly schedules: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly machines: Machines;
  readonly sabotage: Sabotage | null;
  readonly outages: number;
};

/** The last output line of a run. */
const points: readonly Point[] = [...allPoints.map(([point]) => point), ...submitPoints];

export function reportOf(
  settings: Settings,
  results: { readonly played: readonly Played[]; readonly outages: readonly Outage[]; readonly durationMs: number },
): RunRecord {
  const { seed, machines, sabotage } = settings;
  const { played, outages, durationMs } = results;
  const schedules = total(played, (one) => one.schedules);
  const seconds = Math.round(durationMs / 100) / 10;
  const found = [...played, ...outages].flatMap(({ violations }) => violations);
  const broken = new Set(played.flatMap(({ violations }) => violations.map(({ index }) => index)));
  const deeds = played.flatMap((one) => one.deeds);
  const unharmed = deeds.filter(({ act }) => !broken.has(Number(act.id.split('.')[0])));
  const kills = deeds.filter(({ act, result }) => act.action.do === 'kill' && result === 'killed');
  return {
    ...{ command: commandOf(settings), date: new Date().toISOString().slice(0, 10), cores: availableParallelism() },
    ...{ seed, machines, sabotage, schedules },
    instances: total(played, ({ instances }) => instances),
    orphanSeconds: total(played, ({ orphanSeconds }) => orphanSeconds),
    costUsdMicros: total(played, ({ costUsdMicros }) => costUsdMicros),
    violations: {
      ...Object.fromEntries(violationKinds.map((kind) => [kind, 0])),
      ...countBy(found, ({ kind }) => kind),
    },
    found,
    faults: sorted(countBy(deeds, ({ act }) => kindOf(act.action))),
    survived: sorted(countBy(unharmed, ({ act }) => kindOf(act.action))),
    cloudFaultsFired: sum(played.map(({ faultsFired }) => faultsFired)),
    deaths: sum(played.map(({ kills: starts }) => mapped(starts, (count) => count - 1))),
    killsAt: sorted(countBy(kills, ({ act }) => act.at.point)),
    points: {
      passed: points.filter((point) => played.some(({ passed }) => passed.has(point))).length,
      of: points.length,
    },
    jobStates: sum(played.map(({ jobStates }) => jobStates)),
    outages: outages.length === 0 ? null : outagesOf(outages),
    ...{ seconds, secondsPerSchedule: Math.round((seconds / Math.max(1, schedules)) * 100) / 100 },
  };
}

function commandOf({ schedules, seed, batchSize, machines, sabotage, outages }: Settings): string {
  const words = [
    `npm run chaos -- --schedules ${schedules} --seed ${seed}`,
    ...(batchSize === 20 ? [] : [`--batch ${batchSize}`]),
    ...(outages === 0 ? [] : [`--outages ${outages}`]),
    ...(machines === 'runner' ? ['--real-runner'] : []),
    ...(sabotage === null ? [] : [`--sabotage ${sabotage}`]),
  ];
  return words.join(' ');
}

function outagesOf(outages: readonly Outage[]): NonNullable<RunRecord['outages']> {
  return {
    each: outages.map(({ violations: _violations, stories: _stories, ...numbers }) => numbers),
    consistentMs: spread(outages.map(({ consistentMs }) => consistentMs)),
    consistentAfterReadyMs: spread(outages.map(({ consistentAfterReadyMs }) => consistentAfterReadyMs)),
  };
}

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((count, item) => count + of(item), 0);
}

function spread(values: readonly number[]): { readonly p50: number; readonly p95: number; readonly most: number } {
  const ascending = values.toSorted((one, other) => one - other);
  const at = (share: number) => ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), most: at(1) };
}

function mapped(counts: Counts, change: (count: number) => number): Counts {
  return Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, change(count)]));
}

function sum(counts: readonly Counts[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const one of counts) for (const [key, count] of Object.entries(one)) all[key] = (all[key] ?? 0) + count;
  return sorted(all);
}

function sorted(counts: Counts): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
