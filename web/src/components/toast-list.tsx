import { Toast as Base } from '@base-ui/react/toast';
import { useEffect, type ReactElement } from 'react';
import { createPortal } from 'react-dom';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { listenToToasts } from './toast.tsx';

/** Long enough to read twice. The time stands still while the list is hovered or focused, and while the window is not. */
const shownMs = 7000;
const most = 4;

/** The newest toast is the first; F6 moves the focus to the list, a swipe or Escape closes a toast. */
function Shown(): ReactElement {
  const { toasts, add } = Base.useToastManager();
  useEffect(
    () =>
      listenToToasts(({ tone, title, detail }) => {
        add({ title, type: tone, ...(detail === undefined ? {} : { description: detail }) });
      }),
    [add],
  );
  // At the end of the document, so that an open dialog does not make the list inert.
  return createPortal(
    <Base.Viewport className="pointer-events-none fixed inset-x-3 bottom-3 z-60 flex flex-col-reverse items-end gap-2 max-lg:bottom-18 sm:left-auto sm:w-96">
      {toasts.map((toast) => (
        <Base.Root
          key={toast.id}
          toast={toast}
          swipeDirection={['down', 'right']}
          className="pointer-events-auto w-full [transform:translate(var(--toast-swipe-movement-x,0),var(--toast-swipe-movement-y,0))] rounded-lg border border-line bg-surface shadow-pop transition-opacity duration-150 select-none data-ending-style:opacity-0 data-limited:hidden data-starting-style:opacity-0"
        >
          <Base.Content className="flex items-start gap-3 py-2.5 pr-2 pl-3.5">
            <Icon
              name={toast.type === 'ok' ? 'check' : 'warning'}
              className={`mt-1.5 size-4 ${toast.type === 'ok' ? 'text-ok' : 'text-bad'}`}
            />
            <div className="min-w-0 flex-1 py-1 text-sm">
              <Base.Title render={<p />} className="font-medium" />
              <Base.Description className="text-xs break-words text-muted" />
            </div>
            <Base.Close
              aria-hidden={false}
              render={
                <IconButton
                  label={`Close “${typeof toast.title === 'string' ? toast.title : 'notification'}”`}
                  icon="cross"
                />
              }
            />
          </Base.Content>
        </Base.Root>
      ))}
    </Base.Viewport>,
    document.body,
  );
}

export function ToastList(): ReactElement {
  return (
    <Base.Provider timeout={shownMs} limit={most}>
      <Shown />
    </Base.Provider>
  );
}
