import { formatCost, formatDuration, formatValue, type JobView } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { stateWords } from '../../output/job-text.ts';
import type { Look } from '../../output/look.ts';
import { seriesOf, type Series } from '../../output/series.ts';
import { table, type Column } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';

const mostJobs = 10;

type Compared = { readonly job: JobView; readonly series: readonly Series[] };
type Row = { readonly field: string; readonly values: readonly string[] };

/** Values of an object by path: `config.epochs`, `placement.providers`. Lists are values. */
function flat(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, path === '' ? name : `${path}.${name}`));
}

/** Fields of the specifications whose values differ. */
function differences(specs: readonly unknown[]): readonly Row[] {
  const maps = specs.map((spec) => new Map(flat(spec, '')));
  const fields = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  return fields
    .map((field) => ({ field, values: maps.map((map) => map.get(field) ?? '–') }))
    .filter(({ values }) => new Set(values).size > 1);
}

function factsOf(compared: readonly Compared[], nowMs: number): readonly Row[] {
  const row = (field: string, text: (job: JobView) => string): Row => ({
    field,
    values: compared.map(({ job }) => text(job)),
  });
  const ran = ({ startedAt, finishedAt }: JobView): string => {
    if (startedAt === null) return '–';
    return formatDuration((finishedAt === null ? nowMs : Date.parse(finishedAt)) - Date.parse(startedAt));
  };
  return [
    row('state', stateWords),
    row('duration', ran),
    row('attempts', ({ currentAttempt }) => String(currentAttempt)),
    ...(compared.every(({ job }) => job.cost.usdMicros === 0) ? [] : [row('cost', ({ cost }) => formatCost(cost))]),
  ];
}

function bestMetrics(compared: readonly Compared[]): readonly Row[] {
  const names = [...new Set(compared.flatMap(({ series }) => series.map(({ name }) => name)))].toSorted();
  return names.map((name) => ({
    field: `best ${name}`,
    values: compared.map(({ series }) => {
      const best = series.find((one) => one.name === name)?.best?.value ?? null;
      return best === null ? '–' : formatValue(best);
    }),
  }));
}

function comparison(look: Look, compared: readonly Compared[], rows: readonly Row[]): string {
  const columns = compared.map(({ job }, index): Column<Row> => ({
    name: look.id(job.id),
    cell: ({ values }) => values[index] ?? '–',
  }));
  return table(look, [{ name: 'FIELD', title: '', cell: ({ field }) => field }, ...columns], rows);
}

async function compare(runtime: Runtime, ids: readonly string[]): Promise<void> {
  if (ids.length < 2 || ids.length > mostJobs)
    throw new CliError('usage', `give from 2 to ${mostJobs} jobs, not ${ids.length}`);
  const { jobs } = runtime.client();
  const compared = await Promise.all(
    ids.map(async (id): Promise<Compared> => {
      const [job, points] = await Promise.all([jobs.get(id), jobs.metrics(id, { limit: 10_000 })]);
      return { job, series: seriesOf(points) };
    }),
  );
  const differing = differences(compared.map(({ job }) => job.spec));
  const best = compared.map(({ series }) =>
    Object.fromEntries(series.map(({ name, best: point }) => [name, point?.value ?? null])),
  );
  const answer = { jobs: compared.map(({ job }, index) => ({ ...job, best: best[index] })), differences: differing };
  runtime
    .output()
    .result(answer, (look) =>
      [
        comparison(look, compared, [...factsOf(compared, look.nowMs), ...differing, ...bestMetrics(compared)]),
        ...(differing.length === 0 ? ['The specifications are the same.'] : []),
      ].join('\n\n'),
    );
}

export function addCompare(jobs: Command, runtime: Runtime): void {
  jobs
    .command('compare')
    .argument('<id...>', `From 2 to ${mostJobs} jobs`)
    .description('Compare jobs: what differs in their specifications, cost and best metrics')
    .action((ids: string[]) => compare(runtime, ids));
}
