import { formatValue, type MetricPoint } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import type { Look } from '../../output/look.ts';
import { gather } from '../../output/options.ts';
import { chart, seriesOf, sparkline, type Series } from '../../output/series.ts';
import { table, type Column } from '../../output/table.ts';
import { padded } from '../../output/wrap.ts';
import type { Runtime } from '../../runtime.ts';
import { wholeNumber } from '../numbers.ts';
import { showSystem } from './system.ts';

type Options = {
  readonly name: readonly string[];
  readonly csv?: true;
  readonly system?: true;
  readonly attempt?: string;
};

/** The API thins longer series and keeps their extremes. */
const mostPoints = 10_000;
const [trendWidth, chartHeight] = [16, 8];

/** Blocks are drawn on terminals that say that they show Unicode. */
function canDraw(look: Look, env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return look.columns !== null && env['TERM'] !== 'dumb' && /utf-?8/i.test(locale);
}

function valueOf({ value, nonFinite }: MetricPoint): string {
  return value === null ? (nonFinite ?? 'NaN') : formatValue(value);
}

function seriesTable(look: Look, all: readonly Series[], hasTrend: boolean): string {
  const trend: Column<Series> = { name: 'TREND', cell: ({ points }) => sparkline(points, trendWidth), rank: 2 };
  return table(
    look,
    [
      { name: 'METRIC', cell: ({ name }) => name },
      { name: 'LAST', cell: ({ last }) => valueOf(last), isNumber: true },
      { name: 'BEST', cell: ({ best }) => (best === null ? '–' : valueOf(best)), isNumber: true },
      { name: 'AT STEP', cell: ({ best }) => (best === null ? '–' : String(best.step)), isNumber: true, rank: 1 },
      { name: 'LAST STEP', cell: ({ last }) => String(last.step), isNumber: true },
      ...(hasTrend ? [trend] : []),
    ],
    all,
  );
}

/** The only series that is shown as a chart: values at its top and bottom, steps at its ends. */
function chartOf(look: Look, { points, name }: Series): string {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length < 2) return '';
  const [top, bottom] = [formatValue(Math.max(...values)), formatValue(Math.min(...values))];
  const labels = Math.max(top.length, bottom.length);
  const width = Math.min(100, Math.max(20, (look.columns ?? 80) - labels - 2));
  const lines = chart(points, width, chartHeight).map((line, index) => {
    const label = index === 0 ? top : index === chartHeight - 1 ? bottom : '';
    return `${look.paint('muted', padded(label, labels, true))}  ${look.paint('info', line)}`.trimEnd();
  });
  const [first, last] = [`step ${points[0]?.step ?? 0}`, String(points.at(-1)?.step ?? 0)];
  const axis = `${' '.repeat(labels + 2)}${padded(first, width - last.length)}${last}`;
  return [name, ...lines, look.paint('muted', axis)].join('\n');
}

const csvHead = 'name,attempt,step,epoch,time,value';
const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
function csvLine(point: MetricPoint): string {
  const { name, attempt, step, epoch, time, value, nonFinite } = point;
  return [quoted(name), attempt, step, epoch ?? '', time, value ?? nonFinite ?? 'NaN'].join(',');
}

async function metrics(runtime: Runtime, id: string, options: Options): Promise<void> {
  if (options.system === true) {
    if (options.csv === true || options.name.length > 0)
      throw new CliError('usage', '--system takes neither --name nor --csv');
    const attempt = options.attempt === undefined ? undefined : wholeNumber('attempt', options.attempt);
    return showSystem(runtime, id, attempt);
  }
  if (options.attempt !== undefined) throw new CliError('usage', '--attempt needs --system');
  const names = options.name.length === 0 ? {} : { names: options.name };
  const output = runtime.output();
  if (options.csv === true && output.json) throw new CliError('usage', '--csv and --json exclude each other');
  const points = await runtime.client().jobs.metrics(id, { ...names, limit: mostPoints });
  const all = seriesOf(points);
  if (options.csv === true) {
    return output.result(points, () => [csvHead, ...points.map(csvLine)].join('\n'));
  }
  output.result(all, (look) => {
    if (all.length === 0)
      return options.name.length === 0 ? 'No metrics reported.' : `No metric ${options.name.join(', ')}.`;
    const canShow = canDraw(look, runtime.terminal.env);
    const [only] = all;
    const drawn = canShow && only !== undefined && all.length === 1 ? chartOf(look, only) : '';
    return [seriesTable(look, all, canShow && drawn === ''), ...(drawn === '' ? [] : [drawn])].join('\n\n');
  });
}

export function addMetrics(jobs: Command, runtime: Runtime): void {
  jobs
    .command('metrics')
    .argument('<id>')
    .option('-n, --name <metric>', 'Only this metric; repeatable', gather, [])
    .option('--csv', 'Print every point as CSV')
    .option('--system', 'Processor, memory, disk, network and GPUs of an attempt instead')
    .option('--attempt <number>', 'With --system: this attempt (default: the newest)')
    .description('Show the metrics of a job: last and best values; one metric alone as a chart')
    .action((id: string, options: Options) => metrics(runtime, id, options));
}
