import type { ObjectStorage, StoredObject } from '../../core/object-storage.ts';
import { objectKindOf } from '../../core/retention/rules.ts';
import type { ActingStore } from '../types.ts';

/** Objects that may exist before any row refers to them. */
function isUpload(key: string): boolean {
  const kind = objectKindOf(key);
  return kind === 'package' || kind === 'data' || kind === 'model' || kind === 'copy';
}

const unguarded = Symbol('the storage behind the guard');

/** The storage for the collector: the collector's own lookups must not extend an object's life. */
export function unguardedStorage(storage: ObjectStorage): ObjectStorage {
  // A proxy around the guarded storage passes the symbol through.
  return (storage as ObjectStorage & { readonly [unguarded]?: ObjectStorage })[unguarded] ?? storage;
}

/**
 * The same storage, in which a lookup or a put of an upload keeps the upload: after it there is time to refer to the
 * object. An object that is being deleted is refused with `not-ready`.
 */
export function guardUploads(
  storage: ObjectStorage,
  { objectUses }: Pick<ActingStore, 'objectUses'>,
  now: () => Date,
): ObjectStorage {
  const touch = async (key: string): Promise<void> => {
    if (isUpload(key)) await objectUses.touch(key, now());
  };
  const note = async ({ key, bytes }: Pick<StoredObject, 'key' | 'bytes'>): Promise<void> => {
    if (isUpload(key)) await objectUses.noteStored(key, bytes);
  };
  const guarded: ObjectStorage & { readonly [unguarded]: ObjectStorage } = {
    ...storage,
    [unguarded]: storage,
    head: async (key) => {
      await touch(key);
      const found = await storage.head(key);
      if (found !== null) await note(found);
      return found;
    },
    put: async (key, content, options) => {
      await touch(key);
      const stored = await storage.put(key, content, options);
      await note(stored);
      return stored;
    },
  };
  return guarded;
}
