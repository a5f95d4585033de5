import { jsonOrNull } from '@artenic/core';
import { useSyncExternalStore } from 'react';
import { z } from 'zod';
import { readStored, store } from '../../lib/stored.ts';

const storageKey = 'artenic.jobs.columns';
const listeners = new Set<() => void>();
const idsSchema = z.array(z.string().max(64)).max(32);

/** Sets the browser's own choice of columns; null is the choice of Artenic. */
export function setColumnChoice(ids: readonly string[] | null): void {
  store(storageKey, ids === null ? null : JSON.stringify(ids));
  listeners.forEach((listener) => listener());
}

/** Ids of columns in their order as this browser keeps them, or null. They may name columns that no longer exist. */
export function useColumnChoice(): readonly string[] | null {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => readStored(storageKey),
  );
  const parsed = idsSchema.safeParse(jsonOrNull(text ?? ''));
  return parsed.success ? parsed.data : null;
}
