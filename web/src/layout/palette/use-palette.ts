import { lazy, useCallback, useEffect, useRef, useState } from 'react';
import { areShortcutsOn } from '../../lib/shortcuts.ts';

const load = () => import('./palette.tsx');
export const LazyPalette = lazy(() => load().then(({ Palette }) => ({ default: Palette })));

/** Whether the palette is shown. Its code is loaded when a key that opens it may follow. */
export function usePalette() {
  const [isOpen, setIsOpen] = useState(false);
  /** Keys typed since the palette was asked for and before its input had the focus; null when it has it. */
  const typed = useRef<string | null>(null);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.key === 'Control' || event.key === 'Meta') && areShortcutsOn()) void load();
      if (typed.current === null || event.key.length !== 1 || event.ctrlKey || event.metaKey) return;
      typed.current += event.key;
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
      typed.current = '';
      setIsOpen(true);
    }, []),
    close: useCallback(() => {
      typed.current = null;
      setIsOpen(false);
    }, []),
    takeTyped: useCallback(() => {
      const text = typed.current ?? '';
      typed.current = null;
      return text;
    }, []),
  };
}
