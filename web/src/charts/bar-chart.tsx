import type { ReactElement } from 'react';
import { formatNumber } from './chart-format.ts';
import { ChartFrame, ChartTable, NoData } from './chart-frame.tsx';
import { backgrounds, type Tone } from './palette.ts';

export type Bar = { readonly label: string; readonly value: number; readonly tone?: Tone };
export type BarChartProps = {
  readonly title: string;
  /** Values from 0 up. */
  readonly bars: readonly Bar[];
  /** Heading of the table's first column: the kind of thing each bar stands for. */
  readonly labelHead?: string;
  readonly valueHead?: string;
  readonly orientation?: 'horizontal' | 'vertical';
  readonly formatValue?: (value: number) => string;
  /** Height of the drawing when bars are vertical. */
  readonly heightPx?: number;
};

const mostLabels = 12;

type DrawnBar = { readonly bar: Bar; readonly share: number; readonly text: string };

function Horizontal({ bars }: { readonly bars: readonly DrawnBar[] }): ReactElement {
  return (
    <div className="grid grid-cols-[minmax(0,max-content)_1fr_max-content] items-center gap-x-3 gap-y-1.5 text-xs">
      {bars.map(({ bar, share, text }) => (
        <div key={bar.label} className="contents">
          <span className="max-w-40 truncate text-muted" title={bar.label}>
            {bar.label}
          </span>
          <span className="h-3 overflow-hidden rounded-sm bg-raised">
            <span
              style={{ width: `${share * 100}%` }}
              className={`block h-full forced-color-adjust-none rounded-sm transition-[width] duration-300 motion-reduce:transition-none ${backgrounds[bar.tone ?? 'chart-1']}`}
            />
          </span>
          <span className="text-right text-ink tabular-nums">{text}</span>
        </div>
      ))}
    </div>
  );
}

function Vertical({ bars, heightPx }: { readonly bars: readonly DrawnBar[]; readonly heightPx: number }): ReactElement {
  const every = Math.ceil(bars.length / mostLabels);
  return (
    <div style={{ height: heightPx }} className="flex items-stretch gap-[max(2px,1%)] text-xs">
      {bars.map(({ bar, share, text }, index) => (
        <div key={bar.label} title={`${bar.label}: ${text}`} className="group flex min-w-0 flex-1 flex-col gap-1">
          <span className="flex flex-1 flex-col justify-end border-b border-line">
            <span className="text-center leading-4 text-muted tabular-nums group-hover:text-ink">
              {bars.length <= 12 && text}
            </span>
            <span
              style={{ height: `${share * 85}%` }}
              className={`mx-auto w-full forced-color-adjust-none max-w-12 rounded-t-sm transition-[height] duration-300 group-hover:opacity-80 motion-reduce:transition-none ${backgrounds[bar.tone ?? 'chart-1']}`}
            />
          </span>
          <span className="h-4 w-0 self-center text-center whitespace-nowrap text-muted">
            <span className="inline-block -translate-x-1/2">{index % every === 0 && bar.label}</span>
          </span>
        </div>
      ))}
    </div>
  );
}

export function BarChart(props: BarChartProps): ReactElement {
  const { title, bars, orientation = 'horizontal', formatValue = formatNumber, heightPx = 180 } = props;
  const highest = Math.max(0, ...bars.map(({ value }) => value));
  const drawn = bars.map((bar) => ({
    bar,
    share: highest > 0 ? Math.max(0, bar.value) / highest : 0,
    text: formatValue(bar.value),
  }));
  const summary = drawn.map(({ bar, text }) => `${bar.label}: ${text}`).join(', ');
  const head = [props.labelHead ?? 'Name', props.valueHead ?? 'Value'];
  return (
    <ChartFrame
      title={title}
      summary={summary}
      table={() => <ChartTable caption={title} head={head} rows={drawn.map(({ bar, text }) => [bar.label, text])} />}
    >
      {bars.length === 0 ? (
        <NoData heightPx={120}>Nothing to show yet.</NoData>
      ) : (
        <div role="img" aria-label={`${title}. ${summary}`}>
          {orientation === 'horizontal' ? <Horizontal bars={drawn} /> : <Vertical bars={drawn} heightPx={heightPx} />}
        </div>
      )}
    </ChartFrame>
  );
}
