/** `stored`: the content is an object of its own. `ended`: given up; the collector removes what has arrived. */
export const uploadStates = ['open', 'stored', 'ended'] as const;
export type UploadState = (typeof uploadStates)[number];

export type UploadRecord = {
  readonly id: string;
  readonly projectId: string;
  readonly path: string | null;
  readonly metadata: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly received: number;
  readonly state: UploadState;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};
/** Bytes of an upload from `start` on, as an object. */
export type UploadPiece = { readonly start: number; readonly bytes: number; readonly key: string };

export type UploadsRepository = {
  readonly insert: (
    upload: Pick<
      UploadRecord,
      'id' | 'projectId' | 'path' | 'metadata' | 'bytes' | 'sha256' | 'createdBy' | 'createdAt'
    >,
  ) => Promise<void>;
  /** Throws `not-found`; an upload that has ended is not found either. */
  readonly get: (projectId: string, id: string) => Promise<UploadRecord>;
  /** In their order. */
  readonly pieces: (id: string) => Promise<readonly UploadPiece[]>;
  /** Throws `offset-mismatch` unless the piece begins where the others end, and `not-found`. */
  readonly addPiece: (id: string, piece: UploadPiece, at: Date) => Promise<void>;
  /** All of it is stored under this hash. Throws `not-found` for an upload that has ended. */
  readonly finish: (id: string, sha256: string, at: Date) => Promise<void>;
  /** From here on the upload takes no pieces. Throws `not-found`. */
  readonly end: (projectId: string, id: string, at: Date) => Promise<void>;

  /** Ends uploads that have not changed since `before`; returns their number. */
  readonly endOld: (before: Date, limit: number, at: Date) => Promise<number>;
  readonly countOld: (before: Date, limit: number) => Promise<number>;
  /** Uploads that ended before, the oldest first. */
  readonly ended: (before: Date, limit: number) => Promise<readonly string[]>;
  /** Removes the rows of an upload that has ended. */
  readonly drop: (id: string) => Promise<void>;
};
