/** What a stored object is known by. `sha256` is lower-case hexadecimal. */
export type StoredObject = { readonly key: string; readonly bytes: number; readonly sha256: string };

/** Part of an object; without `bytes` to its end. What lies beyond the end is empty. */
export type ObjectRange = { readonly offset: number; readonly bytes?: number };

/**
 * Object storage: keys with `/`, whole objects, atomic visibility (an object is there complete or not at all).
 * Keys are relative, without `..`, empty segments or NUL; others throw `validation-failed`. Besides what stands at the
 * methods they throw `unavailable`, `rate-limited` and, after a write whose answer was lost, `unknown-outcome`: the same
 * again may help.
 */
export type ObjectStorage = {
  /**
   * Streams to `key`, replacing what was there. With `sha256`, content of another hash is refused with `validation-failed`
   * and nothing becomes visible. With `ifAbsent` an object that is there stays, and this throws `conflict`.
   */
  readonly put: (
    key: string,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options?: { readonly sha256?: string; readonly maxBytes?: number; readonly ifAbsent?: boolean },
  ) => Promise<StoredObject>;
  /** Throws `not-found`. */
  readonly get: (key: string, range?: ObjectRange) => Promise<AsyncIterable<Uint8Array>>;
  /** Whole object in memory; for small ones. Throws `not-found`, or `payload-too-large` above `maxBytes`. */
  readonly read: (key: string, maxBytes: number) => Promise<Uint8Array>;
  readonly head: (key: string) => Promise<{ readonly key: string; readonly bytes: number } | null>;
  /** Keys with the prefix, in ascending order of their bytes. */
  readonly list: (prefix: string) => Promise<readonly string[]>;
  /** Gone already is success. */
  readonly delete: (key: string) => Promise<void>;
};

/** A request that whoever holds it may send until it expires: nothing of it may be changed, its headers included. */
export type SignedRequest = {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** ISO time; earlier than asked for when the credentials that sign end earlier. */
  readonly expiresAt: string;
};

/** What a signed PUT is held to. Without them any content is taken, up to what the storage takes in one piece. */
export type SignedContent = { readonly bytes: number; readonly sha256: string };

/** Signed requests to the storage itself: whoever holds them needs neither our credentials nor us. */
export type ObjectSigning = {
  readonly signGet: (key: string, options: { readonly expiresInSeconds: number }) => Promise<SignedRequest>;
  readonly signPut: (
    key: string,
    options: { readonly expiresInSeconds: number; readonly content?: SignedContent },
  ) => Promise<SignedRequest>;
  /** Null where one request takes objects of any size. */
  readonly parts: PartSigning | null;
};

/** Objects that are too large for one request: parts by signed requests, visible when completed. */
export type PartSigning = {
  /** Bytes of each part but the last, for an object of this size. */
  readonly partBytesFor: (objectBytes: number) => number;
  readonly begin: (key: string) => Promise<{ readonly uploadId: string }>;
  readonly signPart: (
    key: string,
    uploadId: string,
    part: SignedContent & { readonly partNumber: number; readonly expiresInSeconds: number },
  ) => Promise<SignedRequest>;
  /** `parts` in order, each with the SHA-256 it was signed with and the ETag it was answered with. Repeating it is harmless. */
  readonly complete: (
    key: string,
    uploadId: string,
    parts: readonly { readonly etag: string; readonly sha256: string }[],
  ) => Promise<void>;
  /** Gone already is success. */
  readonly abort: (key: string, uploadId: string) => Promise<void>;
};

/** Checks requests that we have signed ourselves. */
export type OwnUrls = {
  /** What the content is held to, or null for any. Throws `forbidden` for what was not signed so, or has expired. */
  readonly verify: (
    method: 'GET' | 'PUT',
    key: string,
    claims: {
      /** Unix seconds. */
      readonly expires: number;
      readonly bytes?: number | undefined;
      readonly sha256?: string | undefined;
      readonly signature: string;
    },
  ) => SignedContent | null;
};
