import type { ButtonHTMLAttributes, ReactElement, Ref } from 'react';
import { Icon } from '../components/icon.tsx';

type HelpButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly isIcon: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
};

/** Button that opens the help menu; `HelpMenu` passes the trigger's props. */
export function HelpButton({ isIcon, ...props }: HelpButtonProps): ReactElement {
  const shape = isIcon ? 'size-8 justify-center' : 'h-8 w-full gap-2.5 px-2.5 text-sm font-medium';
  return (
    <button
      type="button"
      aria-haspopup="menu"
      {...props}
      {...(isIcon ? { 'aria-label': 'Help', title: 'Help' } : {})}
      className={`flex items-center rounded-md text-muted transition-colors hover:bg-raised hover:text-ink ${shape}`}
    >
      <Icon name="help" className="size-4 opacity-80" />
      {!isIcon && 'Help'}
    </button>
  );
}
