import type { ContentProfile } from '@artenic/core';

/** A content, read as a format (`profiledAs` in `core/datasets/file-kinds.ts`). */
export type ProfileKey = { readonly sha256: string; readonly format: string };

export type StoredProfile = ProfileKey & {
  readonly profile: ContentProfile;
  /** Object with the same rows as Parquet; null when the content itself is quick to page, or has no rows. */
  readonly copy: { readonly key: string; readonly bytes: number } | null;
};

export type ProfileCounts = { readonly profiled: number; readonly failed: number; readonly skipped: number };

/** The work of profiling a version. */
export type ProfileRun = ProfileCounts & {
  readonly datasetId: string;
  readonly version: number;
  /** Revision of the profiler. */
  readonly revision: number;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
};

export type ProfilesRepository = {
  /** Profiles of the present revision; contents without one are absent. */
  readonly ofContents: (keys: readonly ProfileKey[]) => Promise<readonly StoredProfile[]>;
  /** Stores the profile, in place of one of an older revision; the first of the same revision stays. */
  readonly save: (profile: StoredProfile, at: Date) => Promise<void>;
  /** Null for a version whose profiling was never ordered. */
  readonly run: (datasetId: string, version: number) => Promise<ProfileRun | null>;
  /** Work that was not started, or was started before `startedBefore` and has not finished; oldest first. */
  readonly open: (query: { readonly startedBefore: Date; readonly limit: number }) => Promise<readonly ProfileRun[]>;
  readonly markStarted: (datasetId: string, version: number, at: Date) => Promise<void>;
  /** Does nothing for a version that is gone. */
  readonly finish: (datasetId: string, version: number, counts: ProfileCounts, at: Date) => Promise<void>;
  /** Removes profiles of contents that no dataset has; their copies go as objects without a reference. */
  readonly dropUnreferenced: (limit: number) => Promise<number>;
  readonly countUnreferenced: () => Promise<number>;
};
