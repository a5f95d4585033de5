import { useEffect, useState, type ComponentType, type ReactElement } from 'react';

export type Toast = { readonly tone: 'ok' | 'bad'; readonly title: string; readonly detail?: string };
type Listener = (toast: Toast) => void;

/** Toasts from before the list is loaded. */
const waiting: Toast[] = [];
let listener: Listener | null = null;

/** Gives all toasts to the listener, also those that wait; returns the end of it. */
export function listenToToasts(next: Listener): () => void {
  listener = next;
  for (const toast of waiting.splice(0)) next(toast);
  return () => {
    listener = null;
  };
}

function show(toast: Toast): void {
  if (listener === null) waiting.push(toast);
  else listener(toast);
}

export function useToast(): Listener {
  return show;
}

/** A toast follows something that a person does, so its list is loaded at the first sign of a person. */
const signs = ['pointermove', 'pointerdown', 'keydown'] as const;

/** Where toasts are shown. */
export function Toasts(): ReactElement | null {
  const [loaded, setLoaded] = useState<{ readonly List: ComponentType } | null>(null);
  useEffect(() => {
    if (loaded !== null) return undefined;
    let isLoading = false;
    const load = (): void => {
      if (isLoading) return;
      isLoading = true;
      import('./toast-list.tsx').then(
        ({ ToastList }) => setLoaded({ List: ToastList }),
        () => {
          // The API is away: the next sign tries again, and the toasts wait.
          isLoading = false;
        },
      );
    };
    for (const sign of signs) window.addEventListener(sign, load, { passive: true });
    return () => {
      for (const sign of signs) window.removeEventListener(sign, load);
    };
  }, [loaded]);
  return loaded === null ? null : <loaded.List />;
}
