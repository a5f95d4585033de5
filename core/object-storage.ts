/** What a stored object is known by. `sha256` is lower-case hexadecimal. */
export type StoredObject = { readonly key: string; readonly bytes: number; readonly sha256: string };

/**
 * Object storage: keys with `/`, whole objects, atomic visibility (an object is there complete or not at all).
 * Keys are relative, without `..`, empty segments or NUL; others throw `validation-failed`.
 */
export type ObjectStorage = {
  /** Streams to `key`, replacing what was there. With `sha256`, content of another hash is refused with `validation-failed` and nothing becomes visible. */
  readonly put: (
    key: string,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options?: { readonly sha256?: string; readonly maxBytes?: number },
  ) => Promise<StoredObject>;
  /** Throws `not-found`. */
  readonly get: (key: string) => Promise<AsyncIterable<Uint8Array>>;
  /** Whole object in memory; for small ones. Throws `not-found`, or `payload-too-large` above `maxBytes`. */
  readonly read: (key: string, maxBytes: number) => Promise<Uint8Array>;
  readonly head: (key: string) => Promise<{ readonly key: string; readonly bytes: number } | null>;
  /** Keys with the prefix, in ascending order of their bytes. */
  readonly list: (prefix: string) => Promise<readonly string[]>;
  /** Gone already is success. */
  readonly delete: (key: string) => Promise<void>;
};
