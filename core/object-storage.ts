/** Identity of a stored object. `sha256` is lower-case hexadecimal. */
export type StoredObject = { readonly key: string; readonly bytes: number; readonly sha256: string };

/** Part of an object; without `bytes` up to its end. A range beyond the end is empty. */
export type ObjectRange = { readonly offset: number; readonly bytes?: number };

/**
 * Object storage: keys with `/`, whole objects, atomic visibility (an object exists completely or not at all). Keys are
 * relative, without `..`, empty segments or NUL; other keys throw `validation-failed`. Besides the errors listed at the
 * methods, all methods throw `unavailable`, `rate-limited` and, after a write whose answer was lost, `unknown-outcome`:
 * repeating the call may help.
 */
export type ObjectStorage = {
  /**
   * Streams to `key` and replaces an existing object. With `sha256`, content with another hash is refused with
   * `validation-failed` and nothing becomes visible. With `ifAbsent` an existing object stays, and this throws
   * `conflict`.
   */
  readonly put: (
    key: string,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options?: { readonly sha256?: string; readonly maxBytes?: number; readonly ifAbsent?: boolean },
  ) => Promise<StoredObject>;
  /** Throws `not-found`. */
  readonly get: (key: string, range?: ObjectRange) => Promise<AsyncIterable<Uint8Array>>;
  /** The whole object in memory; for small objects. Throws `not-found`, or `payload-too-large` above `maxBytes`. */
  readonly read: (key: string, maxBytes: number) => Promise<Uint8Array>;
  readonly head: (key: string) => Promise<{ readonly key: string; readonly bytes: number } | null>;
  /** Keys with the prefix, in ascending order of their bytes. */
  readonly list: (prefix: string) => Promise<readonly string[]>;
  /** Succeeds if the object does not exist. */
  readonly delete: (key: string) => Promise<void>;
};

/** The holder may send this request until it expires. No part of it may be changed, including its headers. */
export type SignedRequest = {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** ISO time; earlier than requested if the signing credentials expire earlier. */
  readonly expiresAt: string;
};

/** Content that a signed PUT accepts. Without it any content is accepted, up to the storage's limit for one request. */
export type SignedContent = { readonly bytes: number; readonly sha256: string };

/** Signs requests to the storage itself: their holder needs neither our credentials nor the API. */
export type ObjectSigning = {
  readonly signGet: (key: string, options: { readonly expiresInSeconds: number }) => Promise<SignedRequest>;
  readonly signPut: (
    key: string,
    options: { readonly expiresInSeconds: number; readonly content?: SignedContent },
  ) => Promise<SignedRequest>;
  /** Null if one request accepts objects of any size. */
  readonly parts: PartSigning | null;
};

/**
 * Signing by a storage that cannot hold an upload to a hash: anyone with its signed PUT may send any content. Uploads
 * of a known content are signed for the API instead, which checks them.
 */
export type DirectSigning = {
  readonly signGet: ObjectSigning['signGet'];
  readonly signAnyPut: (key: string, options: { readonly expiresInSeconds: number }) => Promise<SignedRequest>;
};

/**
 * Objects that are too large for one request: parts are sent by signed requests, and the object is visible when
 * completed.
 */
export type PartSigning = {
  /** Bytes of each part but the last, for an object of this size. */
  readonly partBytesFor: (objectBytes: number) => number;
  readonly begin: (key: string) => Promise<{ readonly uploadId: string }>;
  readonly signPart: (
    key: string,
    uploadId: string,
    part: SignedContent & { readonly partNumber: number; readonly expiresInSeconds: number },
  ) => Promise<SignedRequest>;
  /** `parts` in order, each with its signed SHA-256 and the ETag of its answer. Repeating the call is harmless. */
  readonly complete: (
    key: string,
    uploadId: string,
    parts: readonly { readonly etag: string; readonly sha256: string }[],
  ) => Promise<void>;
  /** Succeeds if the upload does not exist. */
  readonly abort: (key: string, uploadId: string) => Promise<void>;
};

/** Verifies requests that this platform has signed itself. */
export type OwnUrls = {
  /**
   * The content that the request is bound to, or null for any. Throws `forbidden` for a wrong signature or after
   * expiry.
   */
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
