import { useEffect, useLayoutEffect, useRef, type ReactElement } from 'react';
import './sound-language.ts';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { LineData } from './line-data.ts';
import type { XKind } from './metric-runs.ts';
import { plotOptions } from './plot-options.ts';
import type { ThemeColours } from './use-theme-colours.ts';

export type PlotProps = {
  readonly data: LineData;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly places: readonly number[];
  readonly isLog: boolean;
  readonly xKind: XKind;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly colours: ThemeColours;
  readonly syncKey: string | undefined;
  readonly range: readonly [number, number] | null;
  /** Position of the crosshair that the arrow keys have set. */
  readonly cursorX: number | null;
  readonly onCursor: (x: number | null, leftPx: number) => void;
  readonly onZoom: (range: readonly [number, number] | null) => void;
};

const aligned = ({ x, raw, main }: LineData): uPlot.AlignedData =>
  [x, ...raw, ...main].map((column) => [...column]) as unknown as uPlot.AlignedData;

/** uPlot in React: recreated when its options change, updated when only the numbers change. */
export function Plot(props: PlotProps): ReactElement {
  const { data, widthPx, heightPx, places, isLog, xKind, xLabel, yLabel, colours, syncKey, cursorX } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const hasRaw = data.raw.length > 0;
  const placesKey = places.join(',');

  useLayoutEffect(() => {
    if (host.current === null) return undefined;
    const { current } = latest;
    const made = new uPlot(
      plotOptions({
        widthPx: current.widthPx,
        heightPx: current.heightPx,
        places: current.places,
        hasRaw,
        isLog,
        ...{ xKind, xLabel, yLabel },
        colours,
        syncKey,
        range: () => latest.current.range,
        axisY: () => latest.current.data.outliers?.axis ?? null,
        onCursor: (x, leftPx) => latest.current.onCursor(x, leftPx),
        onZoom: (range) => latest.current.onZoom(range),
      }),
      aligned(current.data),
      host.current,
    );
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [hasRaw, isLog, xKind, xLabel, yLabel, colours, syncKey, placesKey]);

  useEffect(() => {
    plot.current?.setData(aligned(data));
  }, [data]);
  useEffect(() => {
    plot.current?.setSize({ width: widthPx, height: heightPx });
  }, [widthPx, heightPx]);
  useEffect(() => {
    const { current } = plot;
    if (current === null) return;
    if (cursorX === null) {
      current.setCursor({ left: -10, top: -10 });
      return;
    }
    const left = current.valToPos(cursorX, 'x');
    if (Math.abs((current.cursor.left ?? -10) - left) > 1)
      current.setCursor({ left, top: current.over.clientHeight / 2 });
  }, [cursorX]);
  return <div ref={host} aria-hidden="true" />;
}
