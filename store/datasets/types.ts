import type { Page } from '@artenic/core';
import type { Changes, PutFile } from '../../core/datasets/changes.ts';
import type { FileChange } from '../../core/datasets/diff.ts';
import type { FolderEntry } from '../../core/datasets/read.ts';
import type { Selection } from '../../core/datasets/selection.ts';
import type { DatasetStatus } from '../../core/datasets/status.ts';
import type { DraftsRepository } from './draft-types.ts';

export type DatasetRecord = {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  readonly status: DatasetStatus;
  /** 0 before the first version. */
  readonly headVersion: number;
  /** Files and bytes of the newest version. */
  readonly files: number;
  readonly bytes: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

export type DatasetVersionRecord = {
  readonly datasetId: string;
  readonly version: number;
  readonly root: string;
  readonly parent: number | null;
  readonly files: number;
  readonly bytes: number;
  /** Changes from the parent. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly message: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  /** The job that wrote the version; its id stays when the job goes. */
  readonly sourceJobId: string | null;
};

/** A file of a version; `isPurged`: its content was removed from all versions. */
export type DatasetFile = PutFile & { readonly isPurged: boolean };

export type DatasetTagRecord = {
  readonly tag: string;
  readonly version: number;
  readonly movedBy: string;
  readonly movedAt: Date;
};
export type DatasetTagMove = {
  readonly tag: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly movedBy: string;
  readonly movedAt: Date;
};

export type DatasetChange = {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly status?: DatasetStatus | undefined;
};

type CommitCommon = {
  readonly datasetId: string;
  /** The head that the caller knows; null to build on any head. */
  readonly expectedHead: number | null;
  readonly message: string;
  readonly createdBy: string;
  readonly at: Date;
  readonly sourceJobId: string | null;
};
export type NewDatasetVersion = CommitCommon &
  (
    | { readonly kind: 'changes'; readonly changes: Changes }
    /** Makes the files of an earlier version the newest ones. */
    | { readonly kind: 'restore'; readonly version: number }
  );

/** A dataset version that a job reads (`input`) or has written (`output`). */
export type JobDatasetRecord = {
  readonly jobId: string;
  readonly role: 'input' | 'output';
  /** Index in `data` or in `outputs.datasets` of the job. */
  readonly position: number;
  readonly datasetId: string;
  /** Name at that time. */
  readonly dataset: string;
  readonly version: number;
  readonly root: string;
  /** The version as the job named it, such as `latest`. */
  readonly reference: string;
  /** Below the data folder or the output folder; empty for all of it. */
  readonly folder: string;
  readonly paths: readonly string[] | null;
  readonly allowPurged: boolean;
  /** Number of files that the job takes. */
  readonly files: number;
  readonly bytes: number;
};
export type JobDatasetInsert = Omit<JobDatasetRecord, 'jobId' | 'role'>;

type TreePage = { readonly after: string | null; readonly limit: number };

export type DatasetsRepository = DraftsRepository & {
  /** Throws `conflict` if the project has a dataset of this name. */
  readonly insert: (
    dataset: Pick<DatasetRecord, 'id' | 'projectId' | 'name' | 'description' | 'createdBy' | 'createdAt'>,
  ) => Promise<DatasetRecord>;
  /** By name or id. Throws `not-found`. */
  readonly get: (projectId: string, nameOrId: string) => Promise<DatasetRecord>;
  /** By name. `text` is a part of the name. */
  readonly list: (query: {
    readonly projectId: string;
    readonly status?: DatasetStatus | undefined;
    readonly text?: string | undefined;
    readonly cursor?: string;
    readonly limit: number;
  }) => Promise<Page<DatasetRecord>>;
  /** Throws `conflict` for a taken name and for a status that does not follow the present one. */
  readonly update: (id: string, change: DatasetChange, at: Date) => Promise<DatasetRecord>;
  /**
   * The dataset is gone for readers; the collector removes its rows. Throws `conflict` while an open job reads one of its
   * versions.
   */
  readonly remove: (id: string, at: Date) => Promise<void>;

  /**
   * Appends a version, under a lock on the dataset. Without a difference from the head it returns the head. Throws
   * `conflict` with the present head if another version came first or the dataset is archived, and `validation-failed`
   * for contents that are not stored or were purged.
   */
  readonly commit: (version: NewDatasetVersion) => Promise<DatasetVersionRecord>;
  /** `latest`, a number or a tag. Throws `not-found`. */
  readonly version: (datasetId: string, reference: string) => Promise<DatasetVersionRecord>;
  /** Newest first. */
  readonly versions: (query: {
    readonly datasetId: string;
    readonly cursor?: string;
    readonly limit: number;
  }) => Promise<Page<DatasetVersionRecord>>;

  readonly files: (
    version: DatasetVersionRecord,
    query: TreePage & ({ readonly folder: string } | { readonly prefix: string }),
  ) => Promise<readonly DatasetFile[]>;
  readonly folder: (
    version: DatasetVersionRecord,
    query: TreePage & { readonly folder: string },
  ) => Promise<readonly (FolderEntry & { readonly isPurged: boolean })[]>;
  /** Files that a job takes, and the path that the next page begins behind; null at the end. */
  readonly selected: (
    version: Pick<DatasetVersionRecord, 'datasetId' | 'root'>,
    query: { readonly selection: Selection; readonly after: string | null; readonly limit: number },
  ) => Promise<{ readonly files: readonly DatasetFile[]; readonly next: string | null }>;
  readonly file: (version: DatasetVersionRecord, path: string) => Promise<DatasetFile | null>;
  readonly folderSize: (
    version: DatasetVersionRecord,
    folder: string,
  ) => Promise<{ readonly files: number; readonly bytes: number } | null>;
  /** Differences in the order of the paths; `isMore` if further ones follow. */
  readonly diff: (
    from: DatasetVersionRecord | null,
    to: DatasetVersionRecord,
    query: TreePage,
  ) => Promise<{ readonly items: readonly FileChange[]; readonly isMore: boolean }>;

  readonly tags: (datasetId: string) => Promise<readonly DatasetTagRecord[]>;
  /** Moves the tag to the version, or removes it with null. Throws `not-found`, and `conflict` above 200 tags. */
  readonly setTag: (move: {
    readonly datasetId: string;
    readonly tag: string;
    readonly version: number | null;
    readonly by: string;
    readonly at: Date;
  }) => Promise<void>;
  /** Newest first. */
  readonly tagMoves: (query: {
    readonly datasetId: string;
    readonly cursor?: string;
    readonly limit: number;
  }) => Promise<Page<DatasetTagMove>>;

  /**
   * Removes one content from all versions of the dataset; the collector deletes the object if nothing else names it.
   * Throws `not-found`. `elsewhere`: other datasets that keep the content.
   */
  readonly purge: (purge: {
    readonly datasetId: string;
    readonly sha256: string;
    readonly by: string;
    readonly reason: string;
    readonly at: Date;
  }) => Promise<{ readonly elsewhere: number }>;
  /** Datasets that have had the content, with its paths; `isComplete`: there were no more paths than are kept. */
  readonly occurrences: (
    projectId: string,
    sha256: string,
    limit: number,
  ) => Promise<
    readonly { readonly datasetId: string; readonly paths: readonly string[]; readonly isComplete: boolean }[]
  >;
  /** Those of the versions that have the content at one of the paths; any content with null. */
  readonly holding: (
    file: { readonly datasetId: string; readonly paths: readonly string[]; readonly sha256: string | null },
    versions: readonly { readonly version: number; readonly root: string }[],
  ) => Promise<readonly number[]>;
  /** Sizes of those contents that are stored. Each is kept for the time of an upload. */
  readonly storedContents: (sha256s: readonly string[], at: Date) => Promise<ReadonlyMap<string, number>>;

  /** Versions that the job reads and has written. */
  readonly ofJob: (jobId: string) => Promise<readonly JobDatasetRecord[]>;
  /** Part of the transaction that commits the version. */
  readonly noteOutput: (jobId: string, version: JobDatasetInsert) => Promise<void>;
  readonly hasPurged: (datasetId: string) => Promise<boolean>;
  /** Those of the contents that belong to a dataset of which the job reads a version, and are not purged. */
  readonly contentsOfJob: (jobId: string, sha256s: readonly string[]) => Promise<ReadonlySet<string>>;

  /** Deleted datasets whose rows are still there. */
  readonly deleted: (limit: number) => Promise<readonly string[]>;
  readonly countDeletedRows: (id: string) => Promise<number>;
  /** Removes at most so many rows of a deleted dataset; `isGone` when the last one went. */
  readonly dropRows: (
    id: string,
    limit: number,
    at: Date,
  ) => Promise<{ readonly rows: number; readonly isGone: boolean }>;
};
