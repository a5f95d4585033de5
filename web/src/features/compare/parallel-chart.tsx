import { useRef, useState, type ReactElement } from 'react';
import { formatAligned, formatNumber, formatTicks } from '../../charts/chart-format.ts';
import { ChartFrame, ChartTable, NoData } from '../../charts/chart-frame.tsx';
import { Swatch } from '../../charts/line-parts.tsx';
import { dashOf, texts, toneAt } from '../../charts/palette.ts';
import { linePath } from '../../charts/svg-path.ts';
import { useWidth } from '../../charts/use-width.ts';
import { axisTicks, canBeLog, placeOn, plainAxis, type AxisView, type ParallelAxis } from './parallel-axes.ts';

const [leastAxisPx, heightPx, padPx, sidePx] = [120, 260, 12, 56] as const;

type DrawingProps = {
  readonly axes: readonly ParallelAxis[];
  readonly names: readonly string[];
  readonly viewOf: (axis: ParallelAxis) => AxisView;
  readonly current: number | null;
  readonly widthPx: number;
};

const yOf = (place: number): number => padPx + (1 - place) * (heightPx - 2 * padPx);

function Drawing({ axes, names, viewOf, current, widthPx }: DrawingProps): ReactElement {
  const xOf = (index: number): number =>
    axes.length === 1 ? widthPx / 2 : sidePx + (index / (axes.length - 1)) * (widthPx - 2 * sidePx);
  return (
    <svg aria-hidden="true" width={widthPx} height={heightPx} className="block">
      {axes.map((axis, index) => {
        const view = viewOf(axis);
        const ticks = axisTicks(axis, view);
        const labels = formatTicks(ticks);
        return (
          <g key={axis.id} className="text-line">
            <path d={`M${xOf(index)} ${padPx}V${heightPx - padPx}`} stroke="currentColor" strokeWidth="1.5" />
            {ticks.map((tick, at) => (
              <text
                key={tick}
                x={xOf(index) + 6}
                y={yOf(placeOn(axis, tick, view) ?? 0) + 3.5}
                className="fill-muted text-[11px] tabular-nums"
              >
                {labels[at]}
              </text>
            ))}
          </g>
        );
      })}
      {names.map((name, job) => {
        const points = axes.map((axis, index) => {
          const place = placeOn(axis, axis.values[job] ?? null, viewOf(axis));
          return { x: xOf(index), y: place === null ? null : yOf(place) };
        });
        const isDim = current !== null && current !== job;
        return (
          <g key={name} className={`${texts[toneAt(job)]} ${isDim ? 'opacity-20' : ''}`}>
            <path
              d={linePath(points)}
              fill="none"
              stroke="currentColor"
              strokeWidth={current === job ? 3 : 2}
              strokeDasharray={dashOf(job).join(' ') || undefined}
            />
            {points.map(({ x, y }, index) =>
              y === null ? null : <circle key={index} cx={x} cy={y} r="3.5" fill="currentColor" />,
            )}
          </g>
        );
      })}
    </svg>
  );
}

const toggleClass =
  'h-6 rounded-sm border border-line px-1.5 text-2xs text-muted hover:text-ink disabled:opacity-40 aria-pressed:border-accent/50 aria-pressed:bg-accent/10 aria-pressed:text-ink';

function AxisHead(props: {
  readonly axis: ParallelAxis;
  readonly view: AxisView;
  readonly onChange: (view: AxisView) => void;
}): ReactElement {
  const { axis, view, onChange } = props;
  return (
    <div className="flex min-w-0 flex-1 flex-col items-center gap-1 px-1 text-center text-xs">
      <span className="max-w-full truncate font-medium" title={axis.label}>
        {axis.label}
      </span>
      <span className="flex gap-1">
        <button
          type="button"
          aria-label={`Flip the axis of ${axis.label}`}
          aria-pressed={view.isFlipped}
          className={toggleClass}
          onClick={() => onChange({ ...view, isFlipped: !view.isFlipped })}
        >
          Flip
        </button>
        <button
          type="button"
          aria-label={`Log scale for ${axis.label}`}
          aria-pressed={view.isLog}
          disabled={!canBeLog(axis)}
          className={toggleClass}
          onClick={() => onChange({ ...view, isLog: !view.isLog })}
        >
          Log
        </button>
      </span>
    </div>
  );
}

/** Every job as a line through its settings and best metrics: what goes with what is seen at once. */
export function ParallelChart({
  axes,
  names,
}: {
  readonly axes: readonly ParallelAxis[];
  readonly names: readonly string[];
}): ReactElement {
  const [views, setViews] = useState<Readonly<Record<string, AxisView>>>({});
  const [current, setCurrent] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const boxPx = useWidth(box);
  const widthPx = Math.max(boxPx, axes.length * leastAxisPx);
  const viewOf = (axis: ParallelAxis): AxisView => views[axis.id] ?? plainAxis;
  const wordsOf = (job: number): string =>
    axes.map(({ label, values }) => `${label} ${formatNumber(values[job])}`).join(', ');
  const columns = axes.map(({ values }) => formatAligned(values));
  const summary = names.map((name, job) => `${name}: ${wordsOf(job)}.`).join(' ');
  return (
    <ChartFrame
      title="Settings and best metrics"
      summary={summary}
      table={() => (
        <ChartTable
          caption="Settings and best metrics"
          head={['Job', ...axes.map(({ label }) => label)]}
          rows={names.map((name, job) => [name, ...columns.map((column) => column[job] ?? '–')])}
        />
      )}
    >
      {axes.length === 0 ? (
        <NoData heightPx={120}>These jobs differ in no numeric setting and in no metric.</NoData>
      ) : (
        <div ref={box} tabIndex={0} role="region" aria-label="Parallel coordinates" className="min-w-0 overflow-x-auto">
          <div style={{ width: widthPx }}>
            <div className="flex">
              {axes.map((axis) => (
                <AxisHead
                  key={axis.id}
                  axis={axis}
                  view={viewOf(axis)}
                  onChange={(view) => setViews({ ...views, [axis.id]: view })}
                />
              ))}
            </div>
            {boxPx > 0 && <Drawing {...{ axes, names, viewOf, current, widthPx }} />}
          </div>
        </div>
      )}
      <ul aria-label="Jobs" className="flex flex-wrap gap-1" onPointerLeave={() => setCurrent(null)}>
        {names.map((name, job) => (
          <li key={name}>
            <button
              type="button"
              aria-pressed={current === job}
              onClick={() => setCurrent(current === job ? null : job)}
              onPointerEnter={() => setCurrent(job)}
              onFocus={() => setCurrent(job)}
              onBlur={() => setCurrent(null)}
              className="flex h-6 items-center gap-2 rounded-md px-1.5 text-xs text-muted hover:bg-raised aria-pressed:text-ink"
            >
              <Swatch place={job} />
              {name}
            </button>
          </li>
        ))}
      </ul>
      <p role="status" className="min-h-4.5 text-xs text-muted tabular-nums">
        {current !== null && `${names[current]}: ${wordsOf(current)}`}
      </p>
    </ChartFrame>
  );
}
