import { Dialog as Primitive } from '@base-ui/react/dialog';
import { useRef, type ReactElement, type ReactNode } from 'react';
import { IconButton } from './button.tsx';

/** The first text field or footer button gets the focus; without any, the first control. */
const firstField = 'input:not([type=file]):not([type=checkbox]), textarea, footer button';

export type DialogProps = {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly size?: 'sm' | 'lg';
};

/** A modal window: focus stays inside and returns to its old place on close. */
export function Dialog(props: DialogProps): ReactElement {
  const popup = useRef<HTMLDivElement>(null);
  const { isOpen, onClose, title, description, children, footer, size = 'sm' } = props;
  return (
    <Primitive.Root open={isOpen} onOpenChange={(open) => (open ? undefined : onClose())}>
      <Primitive.Portal>
        <Primitive.Backdrop className="fixed inset-0 z-40 bg-[rgb(12_14_24/0.45)] transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Primitive.Popup
          ref={popup}
          initialFocus={() => popup.current?.querySelector<HTMLElement>(firstField) ?? true}
          className={`fixed inset-x-0 bottom-0 z-50 mx-auto flex max-h-[92dvh] overflow-hidden w-full flex-col rounded-t-xl border border-line bg-surface text-ink shadow-pop transition-[opacity,transform] duration-150 outline-none data-ending-style:translate-y-2 data-ending-style:opacity-0 data-starting-style:translate-y-2 data-starting-style:opacity-0 sm:top-[8dvh] sm:bottom-auto sm:max-h-[84dvh] sm:rounded-xl ${size === 'lg' ? 'sm:max-w-3xl' : 'sm:max-w-lg'}`}
        >
          <header className="flex items-start gap-3 border-b border-line py-3 pr-3 pl-5">
            <div className="min-w-0 flex-1 pt-1">
              <Primitive.Title className="text-lg font-semibold tracking-tight">{title}</Primitive.Title>
              {description !== undefined && (
                <Primitive.Description className="mt-0.5 text-sm text-muted">{description}</Primitive.Description>
              )}
            </div>
            <Primitive.Close render={<IconButton label="Close" icon="cross" />} />
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer !== undefined && (
            <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line bg-canvas/60 px-5 py-3">
              {footer}
            </footer>
          )}
        </Primitive.Popup>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
