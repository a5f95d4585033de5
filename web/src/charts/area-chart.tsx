import { useId, useRef, useState, type PointerEvent, type ReactElement } from 'react';
import { formatNumber, formatTick } from './chart-format.ts';
import { ChartFrame, ChartTable, NoData } from './chart-frame.tsx';
import { backgrounds, texts, toneAt, type Tone } from './palette.ts';
import { niceTicks, stack } from './scale.ts';
import { sentenceOf } from './summary.ts';
import { areaPath, linePath, type Point } from './svg-path.ts';
import { useWidth } from './use-width.ts';

export type AreaSeries = { readonly name: string; readonly values: readonly (number | null)[]; readonly tone?: Tone };
export type AreaChartProps = {
  readonly title: string;
  /** Stacked from the first series upwards; each series has a value for every label. */
  readonly series: readonly AreaSeries[];
  readonly labels: readonly string[];
  readonly labelHead?: string;
  readonly formatValue?: (value: number) => string;
  readonly heightPx?: number;
};

const [leftPx, bottomPx, topPx] = [44, 22, 8];

type DrawingProps = AreaChartProps & {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly at: number | null;
};

function Drawing({ series, labels, widthPx, heightPx, at }: DrawingProps): ReactElement {
  const gradientId = useId();
  const sums = stack(series.map(({ values }) => values));
  const ticks = niceTicks(0, Math.max(1e-9, ...sums.flat()), 3);
  const top = ticks.at(-1) ?? 1;
  const xOf = (place: number): number => leftPx + (place / Math.max(1, labels.length - 1)) * (widthPx - leftPx - 6);
  const yOf = (value: number): number => topPx + (1 - value / top) * (heightPx - topPx - bottomPx);
  const pointsOf = (values: readonly number[]): readonly Point[] =>
    values.map((value, place) => ({ x: xOf(place), y: yOf(value) }));
  const floor = pointsOf(labels.map(() => 0));
  const every = Math.max(1, Math.ceil(labels.length / Math.max(1, Math.floor(widthPx / 90))));
  return (
    <svg aria-hidden="true" width={widthPx} height={heightPx} className="block">
      {ticks.map((tick) => (
        <g key={tick} className="text-line">
          <path d={`M${leftPx} ${yOf(tick)}H${widthPx}`} stroke="currentColor" />
          <text x={leftPx - 8} y={yOf(tick) + 3.5} textAnchor="end" className="fill-muted text-[11px]">
            {formatTick(tick)}
          </text>
        </g>
      ))}
      {series.map(({ name, tone }, place) => {
        const upper = pointsOf(sums[place] ?? []);
        return (
          <g key={name} className={texts[tone ?? toneAt(place)]}>
            <linearGradient id={`${gradientId}-${place}`} x1="0" y1="0" x2="0" y2="1">
              <stop offset="0" stopColor="currentColor" stopOpacity="0.38" />
              <stop offset="1" stopColor="currentColor" stopOpacity="0.06" />
            </linearGradient>
            <path
              d={areaPath(upper, place === 0 ? floor : pointsOf(sums[place - 1] ?? []))}
              fill={`url(#${gradientId}-${place})`}
            />
            <path d={linePath(upper)} fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinejoin="round" />
          </g>
        );
      })}
      {labels.map((label, place) =>
        place % every === 0 ? (
          <text
            key={place}
            x={xOf(place)}
            y={heightPx - 5}
            textAnchor={place === 0 ? 'start' : place === labels.length - 1 ? 'end' : 'middle'}
            className="fill-muted text-[11px]"
          >
            {label}
          </text>
        ) : null,
      )}
      {at !== null && (
        <path
          d={`M${xOf(at)} ${topPx}V${heightPx - bottomPx}`}
          stroke="currentColor"
          className="text-muted"
          strokeDasharray="3 3"
        />
      )}
    </svg>
  );
}

/** Parts of a whole, stacked over time. */
export function AreaChart(props: AreaChartProps): ReactElement {
  const { title, series, labels, formatValue = formatNumber, heightPx = 200 } = props;
  const box = useRef<HTMLDivElement>(null);
  const widthPx = useWidth(box);
  const [at, setAt] = useState<number | null>(null);
  const summary = series.map(({ name, values }) => sentenceOf(name, values)).join(' ');
  const head = [props.labelHead ?? 'Time', ...series.map(({ name }) => name)];
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - leftPx;
    const place = Math.round((x / Math.max(1, widthPx - leftPx - 6)) * (labels.length - 1));
    setAt(Math.min(labels.length - 1, Math.max(0, place)));
  };
  const cellsAt = (place: number): string[] => series.map(({ values }) => formatValue(values[place] ?? Number.NaN));
  const isRight = at !== null && at > labels.length / 2;
  return (
    <ChartFrame
      title={title}
      summary={summary}
      table={() => (
        <ChartTable caption={title} head={head} rows={labels.map((label, place) => [label, ...cellsAt(place)])} />
      )}
    >
      {labels.length === 0 ? (
        <NoData heightPx={heightPx}>Nothing to show yet.</NoData>
      ) : (
        <div
          ref={box}
          role="img"
          aria-label={`${title}. ${summary}`}
          style={{ height: heightPx }}
          className="relative min-w-0"
          onPointerMove={onPointerMove}
          onPointerLeave={() => setAt(null)}
        >
          {widthPx > 0 && <Drawing {...props} widthPx={widthPx} heightPx={heightPx} at={at} />}
          {at !== null && (
            <div
              className={`pointer-events-none absolute top-2 min-w-28 rounded-md border border-line bg-raised/95 px-2.5 py-2 text-xs shadow-lg ${isRight ? 'left-14' : 'right-2'}`}
            >
              <p className="mb-1 text-muted">{labels[at]}</p>
              {cellsAt(at).map((text, place) => (
                <p key={place} className="flex items-center gap-2 leading-5">
                  <span className={`size-2 rounded-full ${backgrounds[series[place]?.tone ?? toneAt(place)]}`} />
                  <span className="text-muted">{series[place]?.name}</span>
                  <span className="ml-auto pl-3 font-medium text-ink tabular-nums">{text}</span>
                </p>
              ))}
            </div>
          )}
        </div>
      )}
      {series.length > 1 && (
        <ul className="flex flex-wrap gap-x-4 text-xs text-muted">
          {series.map(({ name, tone }, place) => (
            <li key={name} className="flex items-center gap-1.5">
              <span aria-hidden="true" className={`size-2 rounded-full ${backgrounds[tone ?? toneAt(place)]}`} />
              {name}
            </li>
          ))}
        </ul>
      )}
    </ChartFrame>
  );
}
