/** Series colours by index. Each series also has dashes of its own, so that no reader depends on colours. */
export const chartTones = ['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-5', 'chart-6'] as const;
export type ChartTone = (typeof chartTones)[number];
export type Tone = ChartTone | 'accent' | 'ok' | 'warn' | 'bad' | 'info' | 'muted';

export const toneAt = (index: number): ChartTone => chartTones[index % chartTones.length] ?? 'chart-1';

const dashes: readonly (readonly number[])[] = [
  [],
  [8, 3],
  [2, 2.5],
  [9, 3, 2, 3],
  [5, 3],
  [9, 3, 2, 2, 2, 3],
  [14, 4],
  [3, 5],
  [14, 3, 5, 3],
  [1.5, 4.5],
];
/** Lengths of the dashes and gaps of a line, in pixels; empty for an unbroken line. Ten lines differ by them alone. */
export const dashOf = (index: number): readonly number[] => dashes[index % dashes.length] ?? [];

/** Full class names, because Tailwind finds only literal ones. */
export const backgrounds: Readonly<Record<Tone, string>> = {
  'chart-1': 'bg-chart-1',
  'chart-2': 'bg-chart-2',
  'chart-3': 'bg-chart-3',
  'chart-4': 'bg-chart-4',
  'chart-5': 'bg-chart-5',
  'chart-6': 'bg-chart-6',
  accent: 'bg-accent',
  ok: 'bg-ok',
  warn: 'bg-warn',
  bad: 'bg-bad',
  info: 'bg-info',
  muted: 'bg-muted',
};
export const texts: Readonly<Record<Tone, string>> = {
  'chart-1': 'text-chart-1',
  'chart-2': 'text-chart-2',
  'chart-3': 'text-chart-3',
  'chart-4': 'text-chart-4',
  'chart-5': 'text-chart-5',
  'chart-6': 'text-chart-6',
  accent: 'text-accent',
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  info: 'text-info',
  muted: 'text-muted',
};
