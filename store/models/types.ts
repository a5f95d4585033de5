import type { ExternalModel, ModelSignature, ModelStage, Page } from '@artenic/core';

export type ModelRecord = {
  readonly name: string;
  readonly projectId: string;
  readonly createdAt: Date;
  readonly latestVersion: number;
  readonly productionVersion: number | null;
};
export type ModelVersionRecord = {
  readonly model: string;
  readonly version: number;
  readonly stage: ModelStage;
  readonly format: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly signature: ModelSignature;
  readonly metrics: Readonly<Record<string, number>>;
  readonly jobId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Location of a model that runs outside of this installation. */
  readonly external: ExternalModel | null;
};
export type StageChangeRecord = {
  readonly version: number;
  readonly from: ModelStage | null;
  readonly to: ModelStage;
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
};
/** Query for a page of a model's items. `cursor` is opaque. */
export type ModelPageQuery = {
  readonly projectId: string;
  readonly name: string;
  readonly cursor?: string;
  readonly limit: number;
};

export type NewModelVersion = {
  readonly model: string;
  readonly projectId: string;
  readonly format: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly signature: ModelSignature;
  readonly metrics: Readonly<Record<string, number>>;
  readonly jobId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly external?: ExternalModel | null;
};

export type ModelsQuery = {
  readonly projectId: string;
  readonly cursor?: string;
  readonly limit: number;
};

export type StageChange = {
  readonly projectId: string;
  readonly name: string;
  readonly version: number;
  readonly to: ModelStage;
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
};

export type ModelsRepository = {
  /**
   * Assigns the next version number, under a lock on the model. With `jobId`, the same job again returns its version.
   * Appends the event `model.version`.
   */
  readonly register: (version: NewModelVersion) => Promise<ModelVersionRecord>;
  readonly list: (query: ModelsQuery) => Promise<Page<ModelRecord>>;
  readonly get: (projectId: string, name: string) => Promise<ModelRecord>;
  /** Newest first. */
  readonly versions: (query: ModelPageQuery) => Promise<Page<ModelVersionRecord>>;
  /** At most `limit` versions of each of these models, newest first. */
  readonly newestVersions: (
    projectId: string,
    names: readonly string[],
    limit: number,
  ) => Promise<readonly ModelVersionRecord[]>;
  readonly getVersion: (projectId: string, name: string, version: number) => Promise<ModelVersionRecord>;
  /** The version in production; null when there is none. */
  readonly production: (projectId: string, name: string) => Promise<ModelVersionRecord | null>;
  /**
   * Moves a version to a stage. With `production`, the previous production version goes back to `staging` in the same
   * transaction. A retired version throws `conflict`; the current stage again changes nothing. Writes history and
   * event.
   */
  readonly setStage: (change: StageChange) => Promise<ModelVersionRecord>;
  /** Oldest first. */
  readonly stageHistory: (query: ModelPageQuery) => Promise<Page<StageChangeRecord>>;
};
