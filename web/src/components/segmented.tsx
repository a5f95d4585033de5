import type { ReactElement, ReactNode } from 'react';

export type SegmentedOption<T extends string> = {
  readonly value: T;
  readonly label: string;
  readonly note?: ReactNode;
};

/** A choice among a few options, shown as a row of toggle buttons. */
export function Segmented<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  readonly label: string;
  readonly options: readonly SegmentedOption<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}): ReactElement {
  return (
    <div
      role="group"
      aria-label={label}
      className="relative flex max-w-full gap-0.5 overflow-x-auto rounded-lg bg-raised p-0.5"
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className="inline-flex h-7 items-center gap-1.5 rounded-md px-2.5 text-xs font-medium whitespace-nowrap text-muted transition-colors hover:text-ink aria-pressed:bg-surface aria-pressed:text-ink aria-pressed:shadow-card"
        >
          {option.label}
          {option.note !== undefined && <span className="tabular-nums">{option.note}</span>}
        </button>
      ))}
    </div>
  );
}
