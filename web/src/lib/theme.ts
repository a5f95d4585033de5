import { useSyncExternalStore } from 'react';
import { store } from './stored.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const storageKey = 'artenic.theme';
const listeners = new Set<() => void>();

function current(): Theme {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

/** `public/first-paint.js` reads the stored theme before the first paint of the next visit. */
export function setTheme(theme: Theme): void {
  if (theme === 'system') {
    delete document.documentElement.dataset['theme'];
    store(storageKey, null);
  } else {
    document.documentElement.dataset['theme'] = theme;
    store(storageKey, theme);
  }
  listeners.forEach((listener) => listener());
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
}
