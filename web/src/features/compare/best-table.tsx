import { formatCost } from '@artenic/core';
import type { JobView } from '@artenic/core';
import type { ReactElement } from 'react';
import { formatAligned } from '../../charts/chart-format.ts';
import { Swatch } from '../../charts/line-parts.tsx';
import { Card } from '../../components/card.tsx';
import { Duration } from '../../components/duration.tsx';
import { Icon } from '../../components/icon.tsx';
import { jobTitle } from '../../lib/job-title.ts';
import type { MetricColumn } from './metric-table.ts';

const headClass = 'h-9 px-4 text-right font-medium whitespace-nowrap';

/** Jobs in rows, their best values in columns; the best of all jobs has a mark. */
export function BestTable({
  jobs,
  columns,
}: {
  readonly jobs: readonly JobView[];
  readonly columns: readonly MetricColumn[];
}): ReactElement {
  const texts = columns.map(({ values }) => formatAligned(values));
  return (
    <Card title="Best metrics" note="best value of each job" isFlush>
      <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Best metrics by job">
        <table className="w-full border-collapse text-sm">
          <caption className="sr-only">Best metrics by job</caption>
          <thead>
            <tr className="border-b border-line text-xs text-muted">
              <th scope="col" className="h-9 px-4 text-left font-medium">
                Job
              </th>
              {columns.map(({ name, isLast }) => (
                <th key={name} scope="col" className={headClass}>
                  <span className="font-mono">{name}</span>
                  {isLast && ' (last)'}
                </th>
              ))}
              <th scope="col" className={headClass}>
                Duration
              </th>
              <th scope="col" className={headClass}>
                Cost
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {jobs.map((job, place) => (
              <tr key={job.id}>
                <th scope="row" className="h-10 px-4 text-left font-normal whitespace-nowrap">
                  <span className="inline-flex items-center gap-2">
                    <Swatch place={place} />
                    {jobTitle(job)}
                  </span>
                </th>
                {columns.map(({ name, winners }, column) => (
                  <td key={name} className="px-4 text-right whitespace-nowrap tabular-nums">
                    {winners.has(place) ? (
                      <span className="inline-flex items-center gap-1 font-semibold text-ok">
                        <Icon name="check" className="size-3.5" />
                        {texts[column]?.[place]}
                        <span className="sr-only">, best of all</span>
                      </span>
                    ) : (
                      texts[column]?.[place]
                    )}
                  </td>
                ))}
                <td className="px-4 text-right text-muted">
                  <Duration from={job.createdAt} to={job.finishedAt} />
                </td>
                <td className="px-4 text-right text-muted tabular-nums">{formatCost(job.cost)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
