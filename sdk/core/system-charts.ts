import { gpuSeries, mostGpus, type GpuQuantity, type SystemMetrics, type SystemSeries } from './system-metrics.ts';

/** Unit of a chart, and how many units of its series make one. */
const units = {
  percent: { text: '%', size: 1 },
  gigabytes: { text: 'GB', size: 1e9 },
  megabytesPerSecond: { text: 'MB/s', size: 1e6 },
  celsius: { text: '°C', size: 1 },
  watts: { text: 'W', size: 1 },
} as const;

type Chart = {
  readonly title: string;
  readonly unit: keyof typeof units;
  readonly lines: readonly { readonly name: string; readonly label: string }[];
};

function ofGpus(title: string, unit: keyof typeof units, quantity: GpuQuantity): Chart {
  const lines = Array.from({ length: mostGpus }, (_, gpu) => ({ name: gpuSeries(gpu, quantity), label: `GPU ${gpu}` }));
  return { title, unit, lines };
}

const charts: readonly Chart[] = [
  ofGpus('GPU utilization', 'percent', 'use'),
  ofGpus('GPU memory', 'gigabytes', 'memory'),
  {
    title: 'CPU',
    unit: 'percent',
    lines: [
      { name: 'training-cpu', label: 'Training' },
      { name: 'machine-cpu', label: 'Machine' },
    ],
  },
  {
    title: 'Memory',
    unit: 'gigabytes',
    lines: [
      { name: 'training-memory', label: 'Training' },
      { name: 'container-memory', label: 'Container' },
      { name: 'container-memory-limit', label: 'Container limit' },
      { name: 'machine-memory', label: 'Machine' },
      { name: 'machine-memory-total', label: 'Machine total' },
    ],
  },
  {
    title: 'Disk of the work folder',
    unit: 'gigabytes',
    lines: [
      { name: 'disk-used', label: 'Used' },
      { name: 'disk-total', label: 'Total' },
    ],
  },
  {
    title: 'Disk traffic of the machine',
    unit: 'megabytesPerSecond',
    lines: [
      { name: 'machine-disk-read', label: 'Read' },
      { name: 'machine-disk-write', label: 'Written' },
    ],
  },
  {
    title: 'Network traffic of the machine',
    unit: 'megabytesPerSecond',
    lines: [
      { name: 'machine-network-received', label: 'Received' },
      { name: 'machine-network-sent', label: 'Sent' },
    ],
  },
  ofGpus('GPU temperature', 'celsius', 'temperature'),
  ofGpus('GPU power', 'watts', 'power'),
];

export type SystemLine = Pick<SystemSeries, 'name' | 'times'> & {
  readonly label: string;
  /** In the chart's unit. */
  readonly mean: readonly number[];
  readonly greatest: readonly number[];
};
export type SystemChart = { readonly title: string; readonly unit: string; readonly lines: readonly SystemLine[] };

/** The measured series as charts, the most telling first; series without points are left out. */
export function systemCharts({ items }: Pick<SystemMetrics, 'items'>): readonly SystemChart[] {
  const byName = new Map(items.map((series) => [series.name, series]));
  return charts.flatMap(({ title, unit, lines }) => {
    const { text, size } = units[unit];
    const scaled = (values: readonly number[]): readonly number[] => values.map((value) => value / size);
    const found = lines.flatMap(({ name, label }): SystemLine[] => {
      const series = byName.get(name);
      if (series === undefined || series.times.length === 0) return [];
      return [{ name, label, times: series.times, mean: scaled(series.mean), greatest: scaled(series.greatest) }];
    });
    return found.length === 0 ? [] : [{ title, unit: text, lines: found }];
  });
}
