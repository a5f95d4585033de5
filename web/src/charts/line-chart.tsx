import { useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { ChartControls } from './chart-controls.tsx';
import { formatAligned, formatNumber } from './chart-format.ts';
import { ChartFrame, NoData } from './chart-frame.tsx';
import {
  lineData,
  plainLines,
  spanOf,
  valueAt,
  wholeRange,
  zoomed,
  type LineData,
  type LineOptions,
} from './line-data.ts';
import { lineNotes } from './line-notes.ts';
import { formatX, Legend, LineTable, Tip } from './line-parts.tsx';
import { mostRuns, type ChartRun, type XKind } from './metric-runs.ts';
import type { AxisRange } from './outliers.ts';
import { Plot } from './plot.tsx';
import { sentencesOf, summarize } from './summary.ts';
import { ToolButton } from './tool-button.tsx';
import { useThemeColours } from './use-theme-colours.ts';
import { useWidth } from './use-width.ts';

export type LineChartProps = {
  readonly title: string;
  /** At most ten runs are drawn. */
  readonly runs: readonly ChartRun[];
  readonly xKind: XKind;
  /** Name of the x axis, such as "step". */
  readonly xLabel: string;
  /** Name of the y axis; the title when absent. */
  readonly yLabel?: string;
  /** Set when a page controls several charts with one `ChartControls`; otherwise the chart shows its own controls. */
  readonly options?: LineOptions;
  /** Set when the charts of a page share the shown part of x; otherwise the chart zooms by itself. */
  readonly zoom?: { readonly range: Range; readonly onChange: (range: Range) => void };
  /** Charts with the same key share their crosshair. */
  readonly syncKey?: string;
  readonly heightPx?: number;
};

type Range = AxisRange | null;

/** New x of the crosshair after a key press; null for keys that do not move it. */
function moveX(x: readonly number[], cursorX: number | null, key: string): number | null {
  const at = cursorX === null ? x.length - 1 : x.findIndex((value) => value >= cursorX);
  const page = Math.max(1, Math.round(x.length / 10));
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: cursorX === null ? 0 : 1,
    ArrowLeft: -1,
    PageUp: page,
    PageDown: -page,
    Home: -x.length,
    End: x.length,
  };
  const by = steps[key];
  return by === undefined ? null : (x[Math.min(x.length - 1, Math.max(0, at + by))] ?? null);
}

type Cursor = { readonly x: number; readonly leftPx: number } | null;

type CanvasProps = Required<Pick<LineChartProps, 'title' | 'runs' | 'xKind' | 'xLabel' | 'yLabel' | 'heightPx'>> & {
  readonly syncKey: string | undefined;
  readonly places: readonly number[];
  readonly options: LineOptions;
  readonly spanX: number;
  readonly range: Range;
  readonly onZoom: (range: Range) => void;
};

function Canvas(props: CanvasProps): ReactElement {
  const { title, runs, xKind, xLabel, yLabel, heightPx, syncKey, places, options, spanX, range, onZoom } = props;
  const box = useRef<HTMLDivElement>(null);
  const widthPx = useWidth(box);
  const colours = useThemeColours();
  const [cursor, setCursor] = useState<Cursor>(null);
  const [keyX, setKeyX] = useState<number | null>(null);
  const data: LineData = useMemo(
    () => lineData(runs, { ...options, buckets: Math.max(50, widthPx), range, spanX }),
    [runs, options, widthPx, range, spanX],
  );
  const canLog = options.isLog && data.main.some((column) => column.some((value) => typeof value === 'number'));
  const whole = wholeRange(runs);
  const at = cursor?.x ?? keyX ?? whole[1];
  const values = formatAligned(runs.map((run) => valueAt(run, at)));
  const words = runs.map((run, index) => `${run.name} ${values[index]}`).join(', ');

  const notes = lineNotes(data, runs.length);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === '+' || event.key === '-') onZoom(zoomed(whole, range, event.key === '+' ? 0.5 : 2, keyX));
    if (event.key === 'Escape' && range !== null) onZoom(null);
    const next = moveX(data.x, keyX, event.key);
    if (next === null) return;
    event.preventDefault();
    setKeyX(next);
  };
  return (
    <>
      <div
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={`${title}: point to read`}
        aria-valuemin={whole[0]}
        aria-valuemax={whole[1]}
        aria-valuenow={at}
        aria-valuetext={`${xKind === 'step' ? `${xLabel} ` : ''}${formatX(at, xKind)}: ${words}`}
        data-shown={range?.join(' ')}
        onKeyDown={onKeyDown}
        onBlur={() => setKeyX(null)}
        style={{ height: heightPx }}
        className="relative min-w-0 rounded-sm focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:outline-accent"
      >
        {widthPx > 0 && (
          <Plot
            {...{ data, widthPx, heightPx, places, xKind, xLabel, yLabel, colours, syncKey, range, onZoom }}
            isLog={canLog}
            cursorX={keyX}
            onCursor={(x, leftPx) => setCursor(x === null ? null : { x, leftPx })}
          />
        )}
        {cursor !== null && <Tip {...{ runs, places, widthPx, xLabel, xKind }} x={cursor.x} leftPx={cursor.leftPx} />}
      </div>
      {notes.length > 0 && <p className="text-right text-xs text-muted">{notes.join(' ')}</p>}
    </>
  );
}

/** The chart's own zoom. A range of one horizontal axis means nothing on another, so it ends with the axis. */
function useOwnZoom(xKind: XKind): NonNullable<LineChartProps['zoom']> {
  const [own, setOwn] = useState<{ readonly kind: XKind; readonly range: Range }>({ kind: xKind, range: null });
  return {
    range: own.kind === xKind ? own.range : null,
    onChange: (range) => setOwn({ kind: xKind, range }),
  };
}

/** A metric of up to ten runs over steps or time. Drag to zoom, double-click to reset, arrow keys to read points. */
export function LineChart(props: LineChartProps): ReactElement {
  const { title, xKind, xLabel, yLabel = title, syncKey, heightPx = 250 } = props;
  const runs = useMemo(() => props.runs.slice(0, mostRuns), [props.runs]);
  const [ownOptions, setOwnOptions] = useState<LineOptions>(plainLines);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const ownZoom = useOwnZoom(xKind);
  const { range, onChange: setRange } = props.zoom ?? ownZoom;
  const options = props.options ?? ownOptions;
  const shown = useMemo(() => runs.filter(({ id }) => !hidden.has(id)), [runs, hidden]);
  const places = shown.map((run) => runs.indexOf(run));
  const hasPoints = runs.some(({ y }) => summarize(y).last !== null);
  const [only] = runs;

  const toggle = (id: string): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  const zoomBy = (factor: number): void => setRange(zoomed(wholeRange(shown), range, factor, null));
  const tools = hasPoints && (
    <>
      {props.options === undefined && <ChartControls options={ownOptions} onOptionsChange={setOwnOptions} />}
      {range !== null && <ToolButton label={`Show all of ${title}`} icon="recover" onClick={() => setRange(null)} />}
      {range !== null && <ToolButton label={`Zoom out of ${title}`} icon="zoomOut" onClick={() => zoomBy(2)} />}
      <ToolButton label={`Zoom into ${title}`} icon="zoomIn" onClick={() => zoomBy(0.5)} />
    </>
  );
  return (
    <ChartFrame
      title={title}
      note={runs.length === 1 && only !== undefined ? formatNumber(summarize(only.y).last) : undefined}
      summary={sentencesOf(runs)}
      tools={tools}
      table={() => <LineTable {...{ title, runs, xLabel, xKind }} />}
    >
      {hasPoints && shown.length > 0 ? (
        <Canvas
          {...{ title, runs: shown, places, xKind, xLabel, yLabel, heightPx, syncKey, options, range }}
          spanX={spanOf(runs)}
          onZoom={setRange}
        />
      ) : (
        <NoData heightPx={heightPx}>{hasPoints ? 'All lines are hidden.' : 'No points yet.'}</NoData>
      )}
      {runs.length > 1 && <Legend runs={runs} hidden={hidden} onToggle={toggle} />}
      {props.runs.length > runs.length && (
        <p className="text-xs text-muted">
          The first {mostRuns} of {props.runs.length} runs.
        </p>
      )}
    </ChartFrame>
  );
}
