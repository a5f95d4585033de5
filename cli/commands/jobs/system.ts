import { systemCharts, systemFacts, type SystemLine } from '@artenic/core';
import { table } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';

const mostPoints = 2000;

type Row = { readonly title: string; readonly unit: string; readonly line: SystemLine };

const number = (value: number | undefined): string =>
  value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value.toFixed(1);

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** System metrics of an attempt: a row for each series, with what stands out above. */
export async function showSystem(runtime: Runtime, id: string, attempt: number | undefined): Promise<void> {
  const query = { limit: mostPoints, ...(attempt === undefined ? {} : { attempt }) };
  const metrics = await runtime.client().jobs.systemMetrics(id, query);
  const rows = systemCharts(metrics).flatMap(({ title, unit, lines }) => lines.map((line) => ({ title, unit, line })));
  runtime.output().result(metrics, (look) => {
    if (rows.length === 0)
      return `No system metrics of attempt ${metrics.attempt}: it has just started, or its runner is of an older release.`;
    const facts = systemFacts(metrics).map((fact) => look.paint('warn', fact));
    const shown = table<Row>(
      look,
      [
        { name: `ATTEMPT ${metrics.attempt}`, cell: ({ title }) => title },
        { name: 'OF', cell: ({ line }) => line.label },
        { name: 'LAST', cell: ({ line }) => number(line.mean.at(-1)), isNumber: true },
        { name: 'MEAN', cell: ({ line }) => number(meanOf(line.mean)), isNumber: true, rank: 1 },
        { name: 'PEAK', cell: ({ line }) => number(Math.max(...line.greatest)), isNumber: true },
        { name: 'UNIT', cell: ({ unit }) => unit },
      ],
      rows,
    );
    return [...facts, ...(facts.length === 0 ? [] : ['']), shown].join('\n');
  });
}
