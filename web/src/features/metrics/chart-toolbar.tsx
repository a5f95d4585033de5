import type { ReactElement } from 'react';
import { formatTicks, zoneName } from '../../charts/chart-format.ts';
import { ChartControls } from '../../charts/chart-controls.tsx';
import { formatX } from '../../charts/line-parts.tsx';
import type { XKind } from '../../charts/metric-runs.ts';
import type { AxisRange } from '../../charts/outliers.ts';
import { Segmented } from '../../components/segmented.tsx';
import type { ChartView } from './use-chart-view.ts';

const axes = [
  { value: 'step', label: 'Step' },
  { value: 'elapsed', label: 'Elapsed' },
  { value: 'time', label: 'Clock' },
] as const;

/** Name of a horizontal axis. */
export function xAxisName(kind: XKind): string {
  switch (kind) {
    case 'step':
      return 'Step';
    case 'elapsed':
      return 'Time since the job started';
    case 'time':
      return `Time (${zoneName(Date.now())})`;
  }
}

function rangeWords([low, high]: AxisRange, kind: XKind): string {
  const [from, to] = kind === 'step' ? formatTicks([low, high]) : [formatX(low, kind), formatX(high, kind)];
  return `${kind === 'step' ? 'Steps ' : ''}${from} to ${to}`;
}

/** Horizontal axis, smoothing, scale and the shown part, for all charts of a page. */
export function ChartToolbar({ view }: { readonly view: ChartView }): ReactElement {
  const { x, options, range, setX, setOptions, setRange } = view;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Segmented label="Horizontal axis" value={x} options={axes} onChange={setX} />
      {range !== null && (
        <p className="flex items-center gap-2 text-xs text-muted tabular-nums" role="status">
          {rangeWords(range, x)}
          <button
            type="button"
            className="min-h-6 font-medium text-accent hover:underline"
            onClick={() => setRange(null)}
          >
            Show all
          </button>
        </p>
      )}
      <div className="ml-auto">
        <ChartControls options={options} onOptionsChange={setOptions} />
      </div>
    </div>
  );
}
