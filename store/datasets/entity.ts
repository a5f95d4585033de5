import { defineEntity, p } from '@mikro-orm/core';
import { datasetStatuses } from '../../core/datasets/status.ts';
import { draftStates } from './draft-types.ts';

export const datasets = defineEntity({
  name: 'Dataset',
  tableName: 'datasets',
  uniques: [{ name: 'datasets_by_name', properties: ['projectId', 'name'], where: 'deleted_at is null' }],
  indexes: [{ name: 'datasets_deleted', properties: ['deletedAt'], where: 'deleted_at is not null' }],
  properties: {
    id: p.text().primary(),
    projectId: p.text(),
    name: p.text(),
    description: p.text(),
    status: p.enum(datasetStatuses),
    /** Number of the newest version; 0 before the first. */
    headVersion: p.integer(),
    createdBy: p.text(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
    /** Since when the collector may remove the rows; the name is free again. */
    deletedAt: p.datetime(3).nullable(),
  },
});

const ofDataset = () => p.manyToOne(datasets).mapToPk().joinColumn('dataset_id').index(false);

export const datasetVersions = defineEntity({
  name: 'DatasetVersion',
  tableName: 'dataset_versions',
  primaryKeys: ['datasetId', 'version'],
  properties: {
    datasetId: ofDataset().primary(),
    version: p.integer().primary(),
    /** Hash of the root node: two versions with the same files have the same one. */
    root: p.text(),
    parent: p.integer().nullable(),
    files: p.integer(),
    bytes: p.bigint(),
    added: p.integer(),
    changed: p.integer(),
    removed: p.integer(),
    message: p.text(),
    createdBy: p.text(),
    createdAt: p.datetime(3),
    sourceJobId: p.text().nullable(),
  },
});

/** Nodes of the trees of all versions of a dataset (`core/datasets/tree.ts`). */
export const datasetNodes = defineEntity({
  name: 'DatasetNode',
  tableName: 'dataset_nodes',
  primaryKeys: ['datasetId', 'hash'],
  indexes: [{ name: 'dataset_nodes_of_draft', properties: ['draftId'], where: 'draft_id is not null' }],
  properties: {
    datasetId: ofDataset().primary(),
    hash: p.text().primary(),
    content: p.text(),
    /** The draft that made the node; it goes with a draft that is given up. */
    draftId: p.text().nullable(),
  },
});

/** Contents that a version of the dataset names: the object `data/<sha256>` stays as long as one of these rows does. */
export const datasetContents = defineEntity({
  name: 'DatasetContent',
  tableName: 'dataset_contents',
  primaryKeys: ['datasetId', 'sha256'],
  indexes: [
    { name: 'dataset_contents_by_sha256', properties: ['sha256'] },
    { name: 'dataset_contents_purged', properties: ['datasetId'], where: 'purged_at is not null' },
  ],
  properties: {
    datasetId: ofDataset().primary(),
    sha256: p.text().primary(),
    bytes: p.bigint(),
    firstVersion: p.integer(),
    /** A purged content is gone from every version; the row and the manifests stay. */
    purgedAt: p.datetime(3).nullable(),
    purgedBy: p.text().nullable(),
    purgeReason: p.text().nullable(),
  },
});

export const datasetTags = defineEntity({
  name: 'DatasetTag',
  tableName: 'dataset_tags',
  primaryKeys: ['datasetId', 'tag'],
  properties: {
    datasetId: ofDataset().primary(),
    tag: p.text().primary(),
    version: p.integer(),
    movedBy: p.text(),
    movedAt: p.datetime(3),
  },
});

export const datasetTagMoves = defineEntity({
  name: 'DatasetTagMove',
  tableName: 'dataset_tag_moves',
  indexes: [{ name: 'dataset_tag_moves_by_dataset', properties: ['datasetId', 'id'] }],
  properties: {
    id: p.bigint().primary().autoincrement(),
    datasetId: ofDataset(),
    tag: p.text(),
    fromVersion: p.integer().nullable(),
    /** Null: the tag was removed. */
    toVersion: p.integer().nullable(),
    movedBy: p.text(),
    movedAt: p.datetime(3),
  },
});

/** Versions that are collected over several requests. */
export const datasetDrafts = defineEntity({
  name: 'DatasetDraft',
  tableName: 'dataset_drafts',
  primaryKeys: ['datasetId', 'id'],
  indexes: [{ name: 'dataset_drafts_oldest', properties: ['state', 'updatedAt'] }],
  properties: {
    datasetId: ofDataset().primary(),
    id: p.text().primary(),
    /** The head when the draft began. */
    baseVersion: p.integer(),
    root: p.text().nullable(),
    files: p.integer(),
    bytes: p.bigint(),
    added: p.integer(),
    changed: p.integer(),
    removed: p.integer(),
    state: p.enum(draftStates),
    version: p.integer().nullable(),
    createdBy: p.text(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** Contents of drafts that no version names. */
export const datasetDraftContents = defineEntity({
  name: 'DatasetDraftContent',
  tableName: 'dataset_draft_contents',
  primaryKeys: ['datasetId', 'draftId', 'sha256'],
  indexes: [{ name: 'dataset_draft_contents_by_sha256', properties: ['datasetId', 'sha256'] }],
  properties: {
    datasetId: ofDataset().primary(),
    draftId: p.text().primary(),
    sha256: p.text().primary(),
  },
});
