import { useId, type ReactElement } from 'react';
import type { LineOptions } from './line-data.ts';

const toggleClass =
  'inline-flex h-7 shrink-0 items-center rounded-md border border-line px-2 text-xs text-muted transition-colors hover:bg-raised hover:text-ink focus-visible:outline-2 focus-visible:outline-offset-1 focus-visible:outline-accent aria-pressed:border-accent/50 aria-pressed:bg-accent/10 aria-pressed:text-ink motion-reduce:transition-none';

export type ChartControlsProps = {
  readonly options: LineOptions;
  readonly onOptionsChange: (options: LineOptions) => void;
};

function Toggle(props: {
  readonly isOn: boolean;
  readonly title?: string;
  readonly onChange: (isOn: boolean) => void;
  readonly children: string;
}): ReactElement {
  const { isOn, title, onChange, children } = props;
  return (
    <button type="button" aria-pressed={isOn} title={title} className={toggleClass} onClick={() => onChange(!isOn)}>
      {children}
    </button>
  );
}

/** Scale, smoothing and outliers, for a single chart or for all charts of a page. */
export function ChartControls({ options, onOptionsChange }: ChartControlsProps): ReactElement {
  const sliderId = useId();
  const { isLog, smoothing, ignoresOutliers } = options;
  return (
    <span className="flex flex-wrap items-center gap-2 text-xs text-muted">
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
      <Toggle isOn={isLog} onChange={(next) => onOptionsChange({ ...options, isLog: next })}>
        Log scale
      </Toggle>
      <Toggle
        isOn={ignoresOutliers}
        title="Leave values far outside of the others out of the vertical axis; they are marked at its edge"
        onChange={(next) => onOptionsChange({ ...options, ignoresOutliers: next })}
      >
        Ignore outliers
      </Toggle>
    </span>
  );
}
