import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from '../components/icon.tsx';

const toolClass =
  'inline-flex h-7 min-w-7 shrink-0 items-center justify-center gap-1.5 rounded-md border border-transparent px-1.5 text-xs text-muted transition-colors hover:bg-raised hover:text-ink focus-visible:outline-2 focus-visible:outline-offset-1 focus-visible:outline-accent disabled:opacity-40 aria-pressed:border-line aria-pressed:bg-raised aria-pressed:text-ink motion-reduce:transition-none';

export type ToolButtonProps = {
  readonly label: string;
  readonly icon: IconName;
  readonly onClick: () => void;
  /** Omit for a button that is not a toggle. */
  readonly isPressed?: boolean;
  readonly isDisabled?: boolean;
  /** Shown beside the icon. */
  readonly children?: ReactNode;
};

/** A small button for the toolbar of a panel. */
export function ToolButton({ label, icon, onClick, isPressed, isDisabled, children }: ToolButtonProps): ReactElement {
  return (
    <button
      type="button"
      className={toolClass}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      disabled={isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
      {children}
    </button>
  );
}
