import { lazy, useCallback, useEffect, useRef, useState } from 'react';
import { areShortcutsOn } from '../../lib/shortcuts.ts';

const load = () => import('./palette.tsx');
export const LazyPalette = lazy(() => load().then(({ Palette }) => ({ default: Palette })));

/** Keys typed after the palette was asked for and before its input had the focus. */
export type Typed = { readonly text: string; readonly hasEntered: boolean };
const nothing: Typed = { text: '', hasEntered: false };

/** The typed text after one more key; null for a key that types nothing. */
function typedWith({ text, hasEntered }: Typed, event: KeyboardEvent): Typed | null {
  if (event.ctrlKey || event.metaKey || event.altKey || hasEntered) return null;
  if (event.key === 'Enter') return { text, hasEntered: true };
  if (event.key === 'Backspace') return { text: text.slice(0, -1), hasEntered };
  return event.key.length === 1 ? { text: text + event.key, hasEntered } : null;
}

/** Whether the palette is shown. Its code is loaded when a key that opens it may follow. */
export function usePalette() {
  const [isOpen, setIsOpen] = useState(false);
  const typed = useRef<Typed | null>(null);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.key === 'Control' || event.key === 'Meta') && areShortcutsOn()) void load();
      const next = typed.current === null ? null : typedWith(typed.current, event);
      if (next === null) return;
      typed.current = next;
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, []);

  return {
    isOpen,
    preload: () => void load(),
    open: useCallback(() => {
      typed.current = nothing;
      setIsOpen(true);
    }, []),
    close: useCallback(() => {
      typed.current = null;
      setIsOpen(false);
    }, []),
    /** From here on the input takes the keys. */
    takeTyped: useCallback((): Typed => {
      const before = typed.current ?? nothing;
      typed.current = null;
      return before;
    }, []),
  };
}
