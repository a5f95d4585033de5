import type { Changes } from '../../core/datasets/changes.ts';
import type { DatasetVersionRecord } from './types.ts';

/** `committed`: it is a version. `ended`: given up; the collector removes what only it has. */
export const draftStates = ['open', 'committed', 'ended'] as const;
export type DraftState = (typeof draftStates)[number];

/** A version in the making. */
export type DatasetDraftRecord = {
  readonly datasetId: string;
  readonly id: string;
  /** The newest version when the draft began; 0 for none. */
  readonly baseVersion: number;
  /** Files and bytes with the changes so far. */
  readonly files: number;
  readonly bytes: number;
  /** Changes, summed over the requests that brought them. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly state: DraftState;
  /** The version that the draft has become. */
  readonly version: number | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

type DraftOf = { readonly datasetId: string; readonly draft: string; readonly at: Date };

export type DraftsRepository = {
  /** Throws `conflict` for an archived dataset, another head than the expected, and too many open drafts. */
  readonly openDraft: (
    draft: DraftOf & { readonly expectedHead: number | null; readonly createdBy: string },
  ) => Promise<DatasetDraftRecord>;
  /** Throws `not-found`; a draft that has ended is not found either. */
  readonly draft: (datasetId: string, id: string) => Promise<DatasetDraftRecord>;
  /** Throws as `commit` does, and `conflict` for a draft that is a version. The same changes again change nothing. */
  readonly changeDraft: (change: DraftOf & { readonly changes: Changes }) => Promise<DatasetDraftRecord>;
  /**
   * Makes the draft the next version; its size makes no difference. Without a difference from the head it returns the
   * head, and for a draft that is a version already that version. Throws `conflict` if another version came first.
   */
  readonly commitDraft: (
    commit: DraftOf & {
      readonly message: string;
      readonly createdBy: string;
      readonly sourceJobId: string | null;
    },
  ) => Promise<DatasetVersionRecord>;
  readonly endDraft: (draft: DraftOf) => Promise<void>;

  /** Ends drafts that have not changed since `before`; returns their number. */
  readonly endOldDrafts: (before: Date, at: Date) => Promise<number>;
  readonly countOldDrafts: (before: Date) => Promise<number>;
  /** Drafts that are not open, of datasets that exist. */
  readonly closedDrafts: (limit: number) => Promise<readonly Pick<DatasetDraftRecord, 'datasetId' | 'id'>[]>;
  /** Removes at most so many rows of each kind of a draft that is not open; `isGone` when the last one went. */
  readonly dropDraft: (
    draft: DraftOf & { readonly limit: number },
  ) => Promise<{ readonly rows: number; readonly isGone: boolean }>;
};
