import { useId, type ReactElement } from 'react';
import type { LineOptions } from './line-data.ts';
import { toolClass } from './tool-button.tsx';

export type ChartControlsProps = {
  readonly options: LineOptions;
  readonly onOptionsChange: (options: LineOptions) => void;
};

/** Scale and smoothing, for a single chart or for all charts of a page. */
export function ChartControls({ options, onOptionsChange }: ChartControlsProps): ReactElement {
  const sliderId = useId();
  const { isLog, smoothing } = options;
  return (
    <span className="flex items-center gap-2 text-xs text-muted">
      <label htmlFor={sliderId}>Smoothing</label>
      <input
        id={sliderId}
        type="range"
        min={0}
        max={0.99}
        step={0.01}
        value={smoothing}
        aria-valuetext={smoothing === 0 ? 'off' : smoothing.toFixed(2)}
        className="h-6 w-16 accent-accent sm:w-24"
        onChange={(event) => onOptionsChange({ ...options, smoothing: Number(event.target.value) })}
      />
      <output htmlFor={sliderId} className="w-8 tabular-nums">
        {smoothing === 0 ? 'off' : smoothing.toFixed(2)}
      </output>
      <button
        type="button"
        aria-pressed={isLog}
        className={toolClass}
        onClick={() => onOptionsChange({ ...options, isLog: !isLog })}
      >
        log<span className="sr-only"> scale</span>
      </button>
    </span>
  );
}
