import type { ButtonHTMLAttributes, ReactElement, ReactNode, Ref } from 'react';
import { Icon, type IconName } from './icon.tsx';
import { Spinner } from './spinner.tsx';

export type ButtonKind = 'primary' | 'secondary' | 'ghost' | 'danger';

const kinds: Readonly<Record<ButtonKind, string>> = {
  primary: 'bg-ink text-canvas border-transparent hover:bg-ink/85 shadow-card',
  secondary: 'bg-surface text-ink border-line hover:bg-raised shadow-card',
  ghost: 'bg-transparent text-muted border-transparent hover:bg-raised hover:text-ink',
  danger: 'bg-surface text-bad border-line hover:bg-bad/10 hover:border-bad/40 shadow-card',
};

/** Button styles, also for links that act as buttons. */
export function buttonClass(kind: ButtonKind = 'secondary', size: 'sm' | 'md' = 'md'): string {
  const box = size === 'sm' ? 'h-7 px-2.5 text-xs gap-1.5' : 'h-8 px-3 text-sm gap-2';
  return `inline-flex shrink-0 items-center justify-center rounded-md border font-medium whitespace-nowrap select-none transition-colors disabled:opacity-50 ${box} ${kinds[kind]}`;
}

export type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> & {
  readonly kind?: ButtonKind;
  readonly size?: 'sm' | 'md';
  readonly icon?: IconName;
  /** Keeps the button's size and shows that work is in progress; a second press does nothing. */
  readonly isBusy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly children?: ReactNode;
};

export function Button({
  kind = 'secondary',
  size = 'md',
  icon,
  isBusy = false,
  children,
  onClick,
  ...rest
}: ButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={isBusy}
      aria-disabled={isBusy}
      className={buttonClass(kind, size)}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
    >
      {isBusy ? (
        <Spinner />
      ) : (
        icon !== undefined && <Icon name={icon} className={size === 'sm' ? 'size-3.5' : 'size-4'} />
      )}
      {children}
    </button>
  );
}

/** A button that shows only an icon; its name is the accessible label and the tooltip. */
export function IconButton({
  label,
  icon,
  ...rest
}: Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'children'> & {
  readonly label: string;
  readonly icon: IconName;
}): ReactElement {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className="inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-raised hover:text-ink disabled:opacity-50"
    >
      <Icon name={icon} />
    </button>
  );
}
