import type uPlot from 'uplot';
import { formatTick, formatTickTime } from './chart-format.ts';
import { isDashed, toneAt } from './palette.ts';
import type { XKind } from './metric-runs.ts';
import type { ThemeColours } from './use-theme-colours.ts';

export type PlotWanted = {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Index of each shown run among all runs, which selects its colour. */
  readonly places: readonly number[];
  readonly hasRaw: boolean;
  readonly isLog: boolean;
  readonly xKind: XKind;
  readonly colours: ThemeColours;
  readonly syncKey: string | undefined;
  /** The shown part of x; null for all of x. */
  readonly range: () => readonly [number, number] | null;
  readonly onCursor: (x: number | null, leftPx: number) => void;
  readonly onZoom: (range: readonly [number, number] | null) => void;
};

function seriesOf({ places, hasRaw, colours }: PlotWanted): uPlot.Series[] {
  const line = (place: number, isRaw: boolean): uPlot.Series => ({
    stroke: colours[toneAt(place)],
    width: isRaw ? 1 : 1.75,
    alpha: isRaw ? 0.28 : 1,
    dash: isDashed(place) ? [6, 4] : [],
    points: { show: (plot, series) => !isRaw && hasLonePoint(plot.data[series]), size: 5 },
    spanGaps: false,
  });
  return [
    {},
    ...(hasRaw ? places.map((place) => line(place, true)) : []),
    ...places.map((place) => line(place, false)),
  ];
}

/** Points are drawn only where a line alone would be invisible: with few points, or between gaps. */
function hasLonePoint(values: uPlot.AlignedData[number] | undefined): boolean {
  if (values === undefined) return false;
  let previous: number | null | undefined = null;
  let before: number | null | undefined = null;
  let present = 0;
  for (const value of values) {
    if (value === undefined) continue;
    if (value === null && typeof previous === 'number' && typeof before !== 'number') return true;
    if (typeof value === 'number') present++;
    [before, previous] = [previous, value];
  }
  return present <= 30 || (typeof previous === 'number' && typeof before !== 'number');
}

/**
 * Tick labels of a logarithmic axis: powers of ten over many decades, else 1, 2 and 5 of each decade; all within one
 * decade.
 */
function onLogAxis(splits: readonly number[]): (number | null)[] {
  const [low = 1, high = 1] = [splits[0], splits.at(-1)];
  const decades = Math.log10(high / low);
  return splits.map((value) => {
    const digit = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
    const isShown = decades < 0.8 || digit === 1 || (decades < 2.5 && (digit === 2 || digit === 5));
    return isShown ? value : null;
  });
}

function axesOf({ colours, xKind, isLog }: PlotWanted): uPlot.Axis[] {
  const shared = {
    stroke: colours.muted,
    font: colours.font,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
  const x: uPlot.Axis = { ...shared, grid: { show: false }, size: 28, gap: 6, space: 80 };
  return [
    xKind === 'time'
      ? { ...x, values: (_, splits, __, ___, stepMs) => splits.map((at) => formatTickTime(at, stepMs)) }
      : { ...x, values: (_, splits) => splits.map(formatTick) },
    {
      ...shared,
      gap: 8,
      space: isLog ? 24 : 36,
      ...(isLog
        ? {
            filter: (_: uPlot, splits: number[]) => onLogAxis(splits),
            grid: { ...shared.grid, filter: (_: uPlot, splits: number[]) => onLogAxis(splits) },
          }
        : {}),
      // Wide enough for the longest label, so that no label is cut off.
      size: (_, values) => 18 + 6.2 * Math.max(3, ...(values ?? []).map((value) => value.length)),
      values: (_, splits) => splits.map((value) => (value === null ? '' : formatTick(value))),
    },
  ];
}

export function plotOptions(wanted: PlotWanted): uPlot.Options {
  const { widthPx, heightPx, xKind, isLog, syncKey, range, onCursor, onZoom, colours } = wanted;
  return {
    width: widthPx,
    height: heightPx,
    ms: 1,
    padding: [10, 10, 0, 0],
    legend: { show: false },
    scales: {
      x: {
        time: xKind === 'time',
        range: (_, low, high) => {
          const shown = range();
          if (shown !== null) return [shown[0], shown[1]];
          return low === high ? [low - 0.5, high + 0.5] : [low, high];
        },
      },
      y: isLog ? { distr: 3, log: 10, range: (_, low, high) => [low / 1.2, high * 1.2] } : {},
    },
    axes: axesOf(wanted),
    series: seriesOf(wanted),
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: 7, width: 2, stroke: colours.surface },
      bind: {
        dblclick: () => () => {
          onZoom(null);
          return null;
        },
      },
      ...(syncKey === undefined ? {} : { sync: { key: syncKey, scales: ['x', null] } }),
    },
    hooks: {
      setCursor: [
        (plot) => {
          const { idx, left } = plot.cursor;
          const x = typeof idx === 'number' && left !== undefined && left >= 0 ? plot.data[0][idx] : undefined;
          onCursor(x ?? null, x === undefined ? 0 : plot.valToPos(x, 'x') + plot.over.offsetLeft);
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}
