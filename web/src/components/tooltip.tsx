import { lazy, Suspense, useEffect, useState, type ReactElement, type ReactNode } from 'react';

const Popup = lazy(() => import('./tooltip-popup.tsx').then((m) => ({ default: m.TooltipPopup })));

const showAfterMs = 300;
/** Time to move the pointer from the control to the text. */
const hideAfterMs = 100;

/**
 * Text for a focused or hovered control; Escape hides it, and the pointer may move onto it (WCAG 1.4.13). The child needs
 * an accessible name of its own. The popup's code is loaded when the first text is shown.
 */
export function Tooltip({ text, children }: { readonly text: ReactNode; readonly children: ReactNode }): ReactElement {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [isWanted, setWanted] = useState(false);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setOpen(isWanted), isWanted ? showAfterMs : hideAfterMs);
    return () => window.clearTimeout(timer);
  }, [isWanted]);
  useEffect(() => {
    if (anchor === null) return undefined;
    const listening = new AbortController();
    const on = (name: keyof HTMLElementEventMap, listener: (event: Event) => void): void =>
      anchor.addEventListener(name, listener, { signal: listening.signal });
    const hide = (): void => {
      setWanted(false);
      setOpen(false);
    };
    on('pointerenter', (event) => setWanted(event instanceof PointerEvent && event.pointerType !== 'touch'));
    on('pointerleave', () => setWanted(false));
    on('focusin', () => setWanted(anchor.querySelector(':focus-visible') !== null));
    on('focusout', hide);
    on('pointerdown', hide);
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hide();
    };
    window.addEventListener('keydown', onKey, { signal: listening.signal });
    return () => listening.abort();
  }, [anchor]);
  return (
    <span ref={setAnchor} className="inline-flex">
      {children}
      {isOpen && anchor !== null && (
        <Suspense>
          <Popup anchor={anchor}>{text}</Popup>
        </Suspense>
      )}
    </span>
  );
}
