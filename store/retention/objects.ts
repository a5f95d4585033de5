import { mapBounded } from '../../core/map-bounded.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';

const atOnce = 16;

export type Objects = { readonly objects: number; readonly bytes: number };

/** Number and total size of the keys that exist. */
export async function measure(storage: ObjectStorage, keys: readonly string[]): Promise<Objects> {
  const heads = await mapBounded(keys, atOnce, (key) => storage.head(key));
  const there = heads.filter((head) => head !== null);
  return { objects: there.length, bytes: there.reduce((sum, { bytes }) => sum + bytes, 0) };
}

export async function removeAll(storage: ObjectStorage, keys: readonly string[]): Promise<void> {
  await mapBounded(keys, atOnce, (key) => storage.delete(key));
}
