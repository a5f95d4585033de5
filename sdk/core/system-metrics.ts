import { z } from 'zod';
import { formatSize } from './format.ts';
import { mostEntries } from './most-entries.ts';

/**
 * Series of an attempt's system metrics. `training` counts the processes of the command, `container` the control group
 * that bounds the runner, `machine` everything that the operating system shows. CPU is in percent of all cores that may
 * be used, sizes in bytes, rates in bytes a second.
 */
export const systemSeriesNames = [
  'training-cpu',
  'machine-cpu',
  'training-memory',
  'container-memory',
  'container-memory-limit',
  'machine-memory',
  'machine-memory-total',
  /** The file system of the attempt's work folder. */
  'disk-used',
  'disk-total',
  'machine-disk-read',
  'machine-disk-write',
  'machine-network-received',
  'machine-network-sent',
] as const;

/** Utilization in percent, memory in bytes, temperature in °C, power in watts. */
export const gpuQuantities = ['use', 'memory', 'memory-total', 'temperature', 'power'] as const;
export type GpuQuantity = (typeof gpuQuantities)[number];

/** GPUs of one machine that are measured. */
export const mostGpus = 16;

const known: ReadonlySet<string> = new Set([
  ...systemSeriesNames,
  ...Array.from({ length: mostGpus }, (_, gpu) => gpuQuantities.map((quantity) => gpuSeries(gpu, quantity))).flat(),
]);

export function gpuSeries(gpu: number, quantity: GpuQuantity): string {
  return `gpu-${gpu}-${quantity}`;
}

export function isSystemSeries(name: string): boolean {
  return known.has(name);
}

/** The largest number that is taken; a billion gigabytes. */
const mostValue = 1e18;
const measured = z.number().min(0).max(mostValue);

/** Least, mean and greatest sample of a window. */
export type Measured = readonly [least: number, mean: number, greatest: number];

/** A line of `POST /system?offset=`: the samples of a stretch of time. The API leaves out series that it does not know. */
export const systemWindowSchema = z.object({
  /** End of the window, in milliseconds since 1970. */
  at: z.number().int().min(0).max(Date.UTC(9999, 0)),
  seconds: z.number().int().min(1).max(3600),
  values: mostEntries(z.record(z.string().max(64), z.tuple([measured, measured, measured])), 200),
});
export type SystemWindow = {
  readonly at: number;
  readonly seconds: number;
  readonly values: Readonly<Record<string, Measured>>;
};

const column = z.array(z.number());
export const systemSeriesSchema = z.object({
  name: z.string(),
  times: z.array(z.iso.datetime()),
  least: column,
  mean: column,
  greatest: column,
  /** Over the last ten minutes of the attempt that were measured; null when the series was not measured in them. */
  recent: z.object({ seconds: z.number(), mean: z.number(), greatest: z.number() }).nullable(),
});
export type SystemSeries = z.output<typeof systemSeriesSchema>;

export const systemMetricsSchema = z.object({
  attempt: z.number().int(),
  /** By name; empty when the runner has sent nothing. Longer series are merged into windows that keep least and greatest. */
  items: z.array(systemSeriesSchema),
});
export type SystemMetrics = z.output<typeof systemMetricsSchema>;

const idlePercent = 10;
const idleAfterSeconds = 300;
const highShare = { memory: 0.9, disk: 0.95 } as const;

const wholePercent = (part: number): string => `${Math.round(part * 100)} %`;

type Recent = NonNullable<SystemSeries['recent']>;

function idleGpus(recentOf: (name: string) => Recent | null): readonly string[] {
  const idle = Array.from({ length: mostGpus }, (_, gpu) => ({ gpu, recent: recentOf(gpuSeries(gpu, 'use')) }));
  return idle.flatMap(({ gpu, recent }) => {
    if (recent === null || recent.seconds < idleAfterSeconds || recent.mean >= idlePercent) return [];
    const minutes = Math.max(1, Math.round(recent.seconds / 60));
    return [`GPU ${gpu} idle: ${wholePercent(recent.mean / 100)} on average over the last ${minutes} min`];
  });
}

function fullness(what: string, share: number, used: Recent | null, total: Recent | null): readonly string[] {
  if (used === null || total === null || total.greatest === 0 || used.greatest < share * total.greatest) return [];
  const reached = wholePercent(Math.min(1, used.greatest / total.greatest));
  return [`${what}: ${reached}, ${formatSize(used.greatest)} of ${formatSize(total.greatest)}`];
}

/** Facts of the last ten measured minutes that explain a slow or failed attempt; empty when nothing stands out. */
export function systemFacts({ items }: Pick<SystemMetrics, 'items'>): readonly string[] {
  const byName = new Map(items.map((series) => [series.name, series.recent]));
  const recentOf = (name: string): Recent | null => byName.get(name) ?? null;
  const ofContainer = fullness(
    "Memory near the container's limit",
    highShare.memory,
    recentOf('container-memory'),
    recentOf('container-memory-limit'),
  );
  return [
    ...ofContainer,
    ...fullness(
      "The machine's memory is nearly full",
      highShare.memory,
      recentOf('machine-memory'),
      recentOf('machine-memory-total'),
    ),
    ...fullness(
      'The disk of the work folder is nearly full',
      highShare.disk,
      recentOf('disk-used'),
      recentOf('disk-total'),
    ),
    ...idleGpus(recentOf),
  ];
}
