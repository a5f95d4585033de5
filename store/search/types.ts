import type { JobState, ModelStage } from '@artenic/core';
import type { DatasetStatus } from '../../core/datasets/status.ts';

export type FoundModel = {
  readonly name: string;
  readonly latestVersion: number;
  readonly productionVersion: number | null;
};
export type FoundVersion = { readonly model: string; readonly version: number; readonly stage: ModelStage };
export type FoundProvider = { readonly name: string; readonly usable: boolean; readonly message: string };
export type FoundJob = {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly state: JobState;
};

export type FoundDataset = {
  readonly name: string;
  readonly status: DatasetStatus;
  /** 0 before the first version. */
  readonly version: number;
};

export type SearchQuery = {
  readonly projectId: string;
  readonly text: string;
  /** First digits of ids as lists show them; null for a text that is no such digits. */
  readonly shownId: string | null;
  /** A version of the models whose names have words like these. */
  readonly version: { readonly modelText: string; readonly number: number } | null;
  /** Most jobs of each kind of match. */
  readonly jobs: number;
  /** Most objects of each other kind. */
  readonly others: number;
};

/** Services, models, versions and datasets are in the order of their names. */
export type Found = {
  readonly services: readonly string[];
  readonly models: readonly FoundModel[];
  readonly versions: readonly FoundVersion[];
  readonly datasets: readonly FoundDataset[];
  /** All providers: there are few of them, and they have no index. */
  readonly providers: readonly FoundProvider[];
  /** Jobs with the words or with a part of the id, newest first; then jobs whose names or shown ids begin with the text. */
  readonly jobs: readonly FoundJob[];
};

export type SearchRepository = {
  /**
   * Objects whose names have words that begin like the words of a text, in one query. A text without letters and digits
   * has no words.
   */
  readonly find: (query: SearchQuery) => Promise<Found>;
};
