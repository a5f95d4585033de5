import type { ObjectStorage } from '../../core/object-storage.ts';
import { objectKindOf } from '../../core/retention/rules.ts';
import type { ActingStore } from '../types.ts';

/** Objects that may be there before anything refers to them. */
function isUpload(key: string): boolean {
  const kind = objectKindOf(key);
  return kind === 'package' || kind === 'data' || kind === 'model';
}

const unguarded = Symbol('the storage behind the guard');

/** The storage as the collector sees it: its own looks must keep nothing. */
export function unguardedStorage(storage: ObjectStorage): ObjectStorage {
  // a proxy around the guarded storage hands it through
  return (storage as ObjectStorage & { readonly [unguarded]?: ObjectStorage })[unguarded] ?? storage;
}

/**
 * The same storage, in which looking for an upload, or storing it, keeps it: from the look on there is time to refer to
 * it. What is just being deleted is refused with `not-ready`.
 */
export function guardUploads(
  storage: ObjectStorage,
  { objectUses }: Pick<ActingStore, 'objectUses'>,
  now: () => Date,
): ObjectStorage {
  const touch = async (key: string): Promise<void> => {
    if (isUpload(key)) await objectUses.touch(key, now());
  };
  const guarded: ObjectStorage & { readonly [unguarded]: ObjectStorage } = {
    ...storage,
    [unguarded]: storage,
    head: async (key) => {
      await touch(key);
      return storage.head(key);
    },
    put: async (key, content, options) => {
      await touch(key);
      return storage.put(key, content, options);
    },
  };
  return guarded;
}
