import {
  createContext,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
  type ReactElement,
  type ReactNode,
} from 'react';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';

export type Toast = { readonly tone: 'ok' | 'bad'; readonly title: string; readonly detail?: string };
type Shown = Toast & { readonly id: number };

const ToastContext = createContext<((toast: Toast) => void) | null>(null);
/** Long enough to read twice; a toast that is hovered or focused stays. */
const shownMs = 7000;
const most = 4;

export function ToastProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [toasts, setToasts] = useState<readonly Shown[]>([]);
  const next = useRef(1);
  const region = useRef<HTMLDivElement>(null);

  const remove = useCallback((id: number) => setToasts((all) => all.filter((one) => one.id !== id)), []);
  const show = useCallback(
    (toast: Toast) => {
      const id = next.current++;
      setToasts((all) => [...all, { ...toast, id }].slice(-most));
      const later = (): void => {
        const isHeld = region.current?.matches(':hover, :focus-within') === true;
        if (isHeld) window.setTimeout(later, shownMs);
        else remove(id);
      };
      window.setTimeout(later, shownMs);
    },
    [remove],
  );
  const value = useMemo(() => show, [show]);
  return (
    <ToastContext value={value}>
      {children}
      <div
        ref={region}
        role="region"
        aria-label="Notifications"
        className="pointer-events-none fixed inset-x-3 bottom-3 z-60 flex flex-col items-end gap-2 sm:left-auto sm:w-96"
      >
        <div aria-live="polite" className="flex w-full flex-col gap-2">
          {toasts.map(({ id, tone, title, detail }) => (
            <div
              key={id}
              className="pointer-events-auto flex items-start gap-3 rounded-lg border border-line bg-surface py-2.5 pr-2 pl-3.5 shadow-pop"
            >
              <Icon
                name={tone === 'ok' ? 'check' : 'warning'}
                className={`mt-1.5 size-4 ${tone === 'ok' ? 'text-ok' : 'text-bad'}`}
              />
              <div className="min-w-0 flex-1 py-1 text-sm">
                <p className="font-medium">{title}</p>
                {detail !== undefined && <p className="text-xs break-words text-muted">{detail}</p>}
              </div>
              <IconButton label={`Close “${title}”`} icon="cross" onClick={() => remove(id)} />
            </div>
          ))}
        </div>
      </div>
    </ToastContext>
  );
}

export function useToast(): (toast: Toast) => void {
  const show = useContext(ToastContext);
  if (show === null) throw new Error('there is no ToastProvider above');
  return show;
}
