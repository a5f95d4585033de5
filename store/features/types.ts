import type { FeatureType, JsonValue, Page } from '@artenic/core';

export type FeatureRecord = {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly version: number;
  readonly label: string | null;
  readonly type: FeatureType | null;
  readonly description: string;
  /** Stays when the dataset goes. */
  readonly datasetId: string | null;
  readonly columns: readonly string[];
  readonly metadata: Readonly<Record<string, JsonValue>>;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

export type FeatureUpdate = {
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, JsonValue>> | undefined;
};

export type FeaturesQuery = {
  readonly projectId: string;
  readonly name?: string | undefined;
  readonly cursor?: string;
  readonly limit: number;
  readonly offset?: number | undefined;
};

export type FeaturesRepository = {
  /** Makes the next version of the name, with an edge from its dataset. Throws `conflict` for an id that is taken. */
  readonly insert: (feature: Omit<FeatureRecord, 'version' | 'updatedAt'>) => Promise<FeatureRecord>;
  /** By id, by the last eight characters of one, or the newest version of a name. Throws `not-found`. */
  readonly get: (projectId: string, ref: string) => Promise<FeatureRecord>;
  /** Newest first. */
  readonly list: (query: FeaturesQuery) => Promise<Page<FeatureRecord>>;
  readonly update: (projectId: string, id: string, change: FeatureUpdate, at: Date) => Promise<FeatureRecord>;
  /** Throws `conflict` with what came from the feature. */
  readonly remove: (projectId: string, id: string) => Promise<void>;
};
