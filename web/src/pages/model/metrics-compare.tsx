import type { ModelVersionView } from '@artenic/core';
import type { ReactElement } from 'react';
import { Delta } from '../../components/delta.tsx';
import { Icon } from '../../components/icon.tsx';
import { gain, mainMetric, formatValue } from '@artenic/core';

/** Best value of a metric; null if the versions do not differ in it. */
function bestOf(metric: string, versions: readonly ModelVersionView[]): number | null {
  const values = versions.flatMap(({ metrics }) => metrics[metric] ?? []);
  const [first] = values;
  if (first === undefined || values.every((value) => value === first)) return null;
  return values.reduce((best, value) => (gain(metric, value, best) > 0 ? value : best));
}

/** Metrics in rows, versions in columns; the first version is the baseline. */
export function MetricsCompare({ versions }: { readonly versions: readonly ModelVersionView[] }): ReactElement {
  const [base, ...others] = versions;
  const names = [...new Set(versions.flatMap(({ metrics }) => Object.keys(metrics)))].toSorted();
  const main = base === undefined ? null : mainMetric(Object.keys(base.metrics));
  if (base === undefined || names.length === 0)
    return <p className="px-4 py-8 text-center text-sm text-muted">This version was registered without metrics.</p>;
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Metrics by version">
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">Metrics by version</caption>
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            <th scope="col" className="h-9 px-4 text-left font-medium">
              Metric
            </th>
            {versions.map(({ version }) => (
              <th key={version} scope="col" className="px-4 text-right font-medium tabular-nums">
                v{version}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {names.map((name) => {
            const best = bestOf(name, versions);
            const baseValue = base.metrics[name];
            return (
              <tr key={name}>
                <th scope="row" className="h-10 px-4 text-left font-mono text-xs font-normal">
                  {name}
                  {name === main && <span className="ml-2 font-sans text-muted">main</span>}
                </th>
                {[base, ...others].map((one) => {
                  const value = one.metrics[name];
                  return (
                    <td key={one.version} className="px-4 text-right whitespace-nowrap tabular-nums">
                      {value === undefined ? (
                        <span className="text-muted">–</span>
                      ) : (
                        <span className="inline-flex items-baseline justify-end gap-2">
                          {one !== base && baseValue !== undefined && (
                            <Delta metric={name} value={value} before={baseValue} />
                          )}
                          <span className={value === best ? 'font-semibold' : ''}>{formatValue(value)}</span>
                          {value === best && (
                            <span className="text-ok">
                              <Icon name="check" className="size-3 translate-y-px" />
                              <span className="sr-only">best</span>
                            </span>
                          )}
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
