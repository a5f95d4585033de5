import { z } from 'zod';
import { freeFieldsSchema } from './runs.ts';
import { jsonValueSchema } from './json-value.ts';
import { metricDirections } from './metric-choice.ts';
import { mostEntries } from './most-entries.ts';
import { modelStages, type ModelStage } from './states.ts';

const timestamp = z.iso.datetime();

export const tensorSignatureSchema = z.object({
  name: z.string(),
  type: z.string(),
  /** A string is an open dimension; null means any number of dimensions. */
  shape: z.array(z.union([z.number().int(), z.string()])).nullable(),
});
export const modelSignatureSchema = z.object({
  inputs: z.array(tensorSignatureSchema),
  outputs: z.array(tensorSignatureSchema),
  labels: z.array(z.string()).nullable(),
});
export type ModelSignature = z.output<typeof modelSignatureSchema>;

/** Format of a model file. Only ONNX runs here; the other formats run on an external server. */
export const modelFormats = [
  'onnx',
  'pytorch',
  'pickle',
  'savedmodel',
  'keras',
  'xgboost',
  'lightgbm',
  'safetensors',
  'tflite',
  'gguf',
  'other',
] as const;

/** `.` and `..` are refused: as part of a URL path they would lead to another place. */
const externalName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!\.{1,2}$)/);

/** A model's place on a server that speaks the Open Inference Protocol v2. */
export const externalModelSchema = z.strictObject({
  /** Base URL, without `/v2`; the installation must know the server (`ARTENIC_INFERENCE_SERVERS`). */
  url: z.url({ protocol: /^https?$/ }).max(1000),
  model: externalName,
  version: externalName.nullable().default(null),
});
export type ExternalModel = z.output<typeof externalModelSchema>;

/** A stage as callers give it: `registered` is an earlier name of `draft`. */
export const modelStageInput = z
  .enum([...modelStages, 'registered'])
  .transform((stage): ModelStage => (stage === 'registered' ? 'draft' : stage));

export const modelVersionViewSchema = z.object({
  model: z.string(),
  version: z.number().int(),
  stage: z.enum(modelStages),
  format: z.string(),
  /** Null for a version whose file has not been stored yet. */
  sha256: z.string().nullable(),
  bytes: z.number().int(),
  signature: modelSignatureSchema,
  metrics: z.record(z.string(), z.number()),
  description: z.string().default(''),
  tags: z.array(z.string()).default([]),
  /** Library that made the model: sklearn, pytorch, … */
  framework: z.string().nullable().default(null),
  author: z.string().nullable().default(null),
  metadata: z.record(z.string(), jsonValueSchema).default({}),
  jobId: z.string().nullable(),
  createdBy: z.string(),
  createdAt: timestamp,
  /** Where it runs, when this installation does not run it itself. */
  external: z.object({ url: z.string(), model: z.string(), version: z.string().nullable() }).nullable(),
});
export type ModelVersionView = z.output<typeof modelVersionViewSchema>;

export const modelViewSchema = z.object({
  name: z.string(),
  createdAt: timestamp,
  latestVersion: z.number().int(),
  productionVersion: z.number().int().nullable(),
});
export type ModelView = z.output<typeof modelViewSchema>;

export const stageChangeViewSchema = z.object({
  version: z.number().int(),
  from: z.enum(modelStages).nullable(),
  to: z.enum(modelStages),
  by: z.string(),
  at: timestamp,
  reason: z.string(),
});
export type StageChangeView = z.output<typeof stageChangeViewSchema>;

const metricName = z.string().min(1).max(128);
const descriptionSchema = z.string().max(4000);
export const modelTagsSchema = z.array(z.string().min(1).max(63)).max(50);
const shortWord = z.string().min(1).max(200);

/** Entries of `metadata` and `metrics` are merged by their name; null removes one. */
export const modelChangeSchema = z.strictObject({
  description: descriptionSchema.optional(),
  tags: modelTagsSchema.optional(),
  framework: shortWord.nullable().optional(),
  author: shortWord.nullable().optional(),
  metadata: freeFieldsSchema.optional(),
  metrics: mostEntries(z.record(metricName, z.number().nullable()), 1000).optional(),
});
export type ModelChange = z.input<typeof modelChangeSchema>;

export const bestModelSchema = z.object({
  metric: z.string(),
  direction: z.enum(metricDirections),
  /** Versions with a value of the metric. */
  compared: z.number().int(),
  /** Versions without one: they are left out. */
  withoutMetric: z.number().int(),
  /** Other versions with the best value; the answer is the one that was made first. */
  ties: z.number().int(),
  value: z.number().nullable(),
  /** Null when no version has the metric. */
  version: modelVersionViewSchema.nullable(),
});
export type BestModelView = z.output<typeof bestModelSchema>;

export const registerModelRequestSchema = z.strictObject({
  model: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
  description: descriptionSchema.optional(),
  tags: modelTagsSchema.optional(),
  framework: shortWord.optional(),
  author: shortWord.optional(),
  metadata: freeFieldsSchema.optional(),
  /** Content id of a file uploaded to `/api/v1/objects/models`. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  metrics: mostEntries(z.record(metricName, z.number()), 1000).default({}),
  format: z.enum(modelFormats).default('onnx'),
  /** Required for every format except ONNX. */
  external: externalModelSchema.optional(),
});
