import type { ExternalModel, JsonValue, MetricDirection, ModelSignature, ModelStage, Page } from '@artenic/core';
import type { ModelDetails, ModelDetailsChange } from '../../core/models/details.ts';

export type ModelRecord = {
  readonly name: string;
  readonly projectId: string;
  readonly createdAt: Date;
  readonly latestVersion: number;
  readonly productionVersion: number | null;
};
export type VersionPlace = { readonly projectId: string; readonly name: string; readonly version: number };
export type ModelVersionRecord = ModelDetails & {
  readonly model: string;
  readonly version: number;
  readonly stage: ModelStage;
  readonly format: string;
  /** Null for a version whose file has not been stored yet. */
  readonly sha256: string | null;
  readonly bytes: number;
  readonly signature: ModelSignature;
  readonly jobId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  /** An id of its maker's choice. */
  readonly chosenId: string | null;
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
  readonly sha256: string | null;
  readonly bytes: number;
  readonly signature: ModelSignature;
  readonly metrics: Readonly<Record<string, number>>;
  readonly jobId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly external?: ExternalModel | null;
  readonly chosenId?: string | null;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly framework?: string | null | undefined;
  readonly author?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, JsonValue>> | undefined;
};
export type ModelFile = {
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  readonly signature: ModelSignature;
};

export type BestModelQuery = {
  readonly projectId: string;
  readonly metric: string;
  /** Only versions that a job of this service trained, or of the model of this name. */
  readonly service: string | null;
  readonly model: string | null;
  readonly withRetired: boolean;
};
export type ComparedVersions = {
  readonly compared: number;
  readonly withoutMetric: number;
  /** As the newest job declares it that trained one of them. */
  readonly declared: MetricDirection | null;
};
export type BestModelRecord = {
  /** Null when no version has the metric. */
  readonly version: ModelVersionRecord | null;
  readonly value: number | null;
  /** Others with the same value. */
  readonly ties: number;
};

export type VersionsQuery = {
  readonly projectId: string;
  readonly stage?: ModelStage | undefined;
  readonly framework?: string | undefined;
  readonly name?: string | undefined;
  readonly cursor?: string;
  readonly limit: number;
  readonly offset?: number | undefined;
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
  /** Versions of all models, newest first. */
  readonly find: (query: VersionsQuery) => Promise<Page<ModelVersionRecord>>;
  /** Null when no version has this id of its maker's choice. */
  readonly byChosenId: (projectId: string, id: string) => Promise<ModelVersionRecord | null>;
  readonly compared: (query: BestModelQuery) => Promise<ComparedVersions>;
  /** The version with the best value; of equal ones the one that was made first. */
  readonly best: (query: BestModelQuery, direction: MetricDirection) => Promise<BestModelRecord>;
  /** Writes the differences to the audit log, and the event `model.changed`. */
  readonly edit: (place: VersionPlace, change: ModelDetailsChange) => Promise<ModelVersionRecord>;
  /** Gives a version its file. Throws `conflict` for a version that has another file, or is retired. */
  readonly setFile: (place: VersionPlace, file: ModelFile) => Promise<ModelVersionRecord>;
  /** Succeeds for a version that is deleted already. Throws `conflict` with what needs the version. */
  readonly remove: (place: VersionPlace, isLoaded: (sha256: string) => boolean) => Promise<void>;
  /** Oldest first. */
  readonly stageHistory: (query: ModelPageQuery) => Promise<Page<StageChangeRecord>>;
};
