import { modelStages, type ExternalModel, type JsonValue, type ModelSignature } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';

export const models = defineEntity({
  name: 'Model',
  tableName: 'models',
  primaryKeys: ['projectId', 'name'],
  indexes: [
    {
      name: 'models_words',
      expression:
        "create index models_words on models using gin (to_tsvector('simple'::regconfig, translate(name, '._-', '   ')))",
    },
  ],
  properties: {
    projectId: p.text().primary(),
    name: p.text().primary(),
    latestVersion: p.integer(),
    createdAt: p.datetime(3),
  },
});

export const modelVersions = defineEntity({
  name: 'ModelVersion',
  tableName: 'model_versions',
  primaryKeys: ['projectId', 'model', 'version'],
  uniques: [
    {
      name: 'model_versions_one_in_production',
      properties: ['projectId', 'model'],
      where: "stage = 'production'",
    },
    {
      name: 'model_versions_by_chosen_id',
      properties: ['projectId', 'chosenId'],
      where: 'chosen_id is not null',
    },
    {
      name: 'model_versions_one_per_job',
      properties: ['projectId', 'model', 'jobId'],
      where: 'job_id is not null',
    },
  ],
  indexes: [
    { name: 'model_versions_by_job', properties: ['jobId'], where: 'job_id is not null' },
    { name: 'model_versions_by_content', properties: ['sha256'] },
  ],
  properties: {
    projectId: p.text().primary(),
    model: p.text().primary(),
    version: p.integer().primary(),
    stage: p.enum(modelStages),
    format: p.text(),
    /** Null for a version whose file has not been stored yet. */
    sha256: p.text().nullable(),
    bytes: p.bigint(),
    signature: p.json<ModelSignature>(),
    metrics: p.json<Readonly<Record<string, number>>>(),
    jobId: p.text().nullable(),
    createdBy: p.text(),
    createdAt: p.datetime(3),
    external: p.json<ExternalModel>().nullable(),
    /** An id of its maker's choice beside model and number. */
    chosenId: p.text().nullable(),
    description: p.text().defaultRaw(`''`),
    tags: p.json<readonly string[]>().defaultRaw(`'[]'`),
    framework: p.text().nullable(),
    author: p.text().nullable(),
    metadata: p.json<Readonly<Record<string, JsonValue>>>().defaultRaw(`'{}'`),
  },
});

export const stageChanges = defineEntity({
  name: 'StageChange',
  tableName: 'stage_changes',
  indexes: [{ name: 'stage_changes_by_model', properties: ['projectId', 'model', 'id'] }],
  properties: {
    id: p.bigint().primary().autoincrement(),
    projectId: p.text(),
    model: p.text(),
    version: p.integer(),
    fromStage: p.enum(modelStages).nullable(),
    toStage: p.enum(modelStages),
    changedBy: p.text(),
    changedAt: p.datetime(3),
    reason: p.text(),
  },
});
