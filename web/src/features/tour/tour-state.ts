import { useSyncExternalStore } from 'react';
import { readStored, store } from '../../lib/stored.ts';

const storageKey = 'artenic.tour';
const listeners = new Set<() => void>();
/** Number of the step that is shown; null while there is no tour. */
let current: number | null = null;

function set(step: number | null): void {
  current = step;
  listeners.forEach((listener) => listener());
}

/** Each user of a browser sees the tour once. */
const keyOf = (user: string): string => `${storageKey}.${user}`;

export function hasSeenTour(user: string): boolean {
  return readStored(keyOf(user)) !== null;
}

export const startTour = (): void => set(0);
export const goToStep = (step: number): void => set(step);

/** Done or skipped: the tour does not start by itself again. */
export function endTour(user: string): void {
  store(keyOf(user), 'seen');
  set(null);
}

export function useTourStep(): number | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
