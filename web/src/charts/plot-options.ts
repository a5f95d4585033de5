import type uPlot from 'uplot';
import { formatTick, formatTickDuration, formatTicks, formatTickTime } from './chart-format.ts';
import type { XKind } from './metric-runs.ts';
import { drawOutliers } from './outlier-marks.ts';
import type { AxisRange } from './outliers.ts';
import { dashOf, toneAt } from './palette.ts';
import { clockTicks, elapsedTicks, innerTicks, logTicks, timeStepMs } from './scale.ts';
import type { ThemeColours } from './use-theme-colours.ts';

export type PlotWanted = {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Index of each shown run among all runs, which selects its colour and dashes. */
  readonly places: readonly number[];
  readonly hasRaw: boolean;
  readonly isLog: boolean;
  readonly xKind: XKind;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly colours: ThemeColours;
  readonly syncKey: string | undefined;
  /** The shown part of x; null for all of x. */
  readonly range: () => AxisRange | null;
  /** The shown part of y when outliers are left out; null for all of y. */
  readonly axisY: () => AxisRange | null;
  readonly onCursor: (x: number | null, leftPx: number) => void;
  readonly onZoom: (range: AxisRange | null) => void;
};

function seriesOf({ places, hasRaw, colours }: PlotWanted): uPlot.Series[] {
  const line = (place: number, isRaw: boolean): uPlot.Series => ({
    stroke: colours[toneAt(place)],
    width: isRaw ? 1 : 1.75,
    alpha: isRaw ? 0.5 : 1,
    dash: isRaw ? [] : [...dashOf(place)],
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

const pxPerTick = { step: 80, elapsed: 80, time: 90, y: 40, log: 30 } as const;

/** About the size of an axis with its name. The plot's own size is not known when its ticks are chosen. */
const axesPx = 50;

/** Ticks of the x axis and their labels. */
function xTicks(xKind: XKind): Pick<uPlot.Axis, 'splits' | 'values'> {
  const countIn = (plot: uPlot): number => Math.max(2, Math.floor((plot.width - axesPx) / pxPerTick[xKind]));
  switch (xKind) {
    case 'step':
      return {
        splits: (plot, _axis, low, high) => [...innerTicks(low, high, countIn(plot))],
        values: (_plot, splits) => [...formatTicks(splits)],
      };
    case 'elapsed':
      return {
        splits: (plot, _axis, low, high) => [...elapsedTicks(low, high, countIn(plot))],
        values: (_plot, splits) => splits.map(formatTickDuration),
      };
    case 'time':
      return {
        splits: (plot, _axis, low, high) => [...clockTicks(low, high, countIn(plot))],
        values: (plot, splits) => {
          const [first = 0, second = first + timeStepMs(0, countIn(plot))] = splits;
          return splits.map((at) => formatTickTime(at, second - first));
        },
      };
  }
}

function yTicks(isLog: boolean): Pick<uPlot.Axis, 'splits' | 'values'> {
  const countIn = (plot: uPlot): number =>
    Math.max(2, Math.floor((plot.height - axesPx) / pxPerTick[isLog ? 'log' : 'y']));
  return {
    splits: (plot, _axis, low, high) => [...(isLog ? logTicks : innerTicks)(low, high, countIn(plot))],
    values: (_plot, splits) => {
      const [low = 1, high = 1] = [splits[0], splits.at(-1)];
      return isLog && high / low >= 10 ? splits.map(formatTick) : [...formatTicks(splits)];
    },
  };
}

function axesOf(wanted: PlotWanted): uPlot.Axis[] {
  const { colours, xKind, isLog, xLabel, yLabel } = wanted;
  const shared: uPlot.Axis = {
    stroke: colours.muted,
    font: colours.font,
    labelFont: colours.font,
    labelSize: 16,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
  return [
    { ...shared, ...xTicks(xKind), label: xLabel, grid: { show: false }, size: 24, gap: 6 },
    {
      ...shared,
      ...yTicks(isLog),
      label: yLabel,
      gap: 8,
      // Wide enough for the longest label, so that no label is cut off.
      size: (_, values) => 18 + 6.2 * Math.max(3, ...(values ?? []).map((value) => value.length)),
    },
  ];
}

function yScale({ isLog, axisY }: PlotWanted): uPlot.Scale {
  if (isLog)
    return {
      distr: 3,
      log: 10,
      range: (_, low, high) => [...(axisY() ?? [low / 1.2, high * 1.2])] as [number, number],
    };
  return {
    range: (_, low, high) => {
      const shown = axisY();
      if (shown !== null) return [...shown];
      const margin = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
      return [low - margin, high + margin];
    },
  };
}

export function plotOptions(wanted: PlotWanted): uPlot.Options {
  const { widthPx, heightPx, xKind, syncKey, range, axisY, onCursor, onZoom, colours } = wanted;
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
      y: yScale(wanted),
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
      draw: [
        (plot) => {
          const shown = axisY();
          if (shown !== null) drawOutliers(plot, shown, wanted);
        },
      ],
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
