import { z } from 'zod';
import { jsonValueSchema } from './json-value.ts';
import { entityIdSchema, freeFieldsSchema } from './runs.ts';

const timestamp = z.iso.datetime();

/** Types of the values of a feature. */
export const featureTypes = [
  ...(['number', 'integer', 'text', 'category', 'boolean', 'timestamp', 'vector', 'json'] as const),
] as const;
export type FeatureType = (typeof featureTypes)[number];

export const featureViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Numbered from 1 for each name; type, dataset and columns of a version never change. */
  version: z.number().int(),
  /** The maker's own name for the version. */
  label: z.string().nullable(),
  /** Null when its maker has not said. */
  type: z.enum(featureTypes).nullable(),
  description: z.string(),
  /** Id of the dataset with its columns. */
  datasetId: z.string().nullable(),
  columns: z.array(z.string()),
  metadata: z.record(z.string(), jsonValueSchema),
  createdBy: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type FeatureView = z.output<typeof featureViewSchema>;

export const newFeatureSchema = z.strictObject({
  id: entityIdSchema.optional(),
  /** Without control characters. */
  name: z
    .string()
    .min(1)
    .max(120)
    .regex(/^[^\p{C}]{1,120}$/u, 'without control characters'),
  label: z.string().min(1).max(64).nullable().default(null),
  type: z.enum(featureTypes).nullable().default(null),
  description: z.string().max(4000).default(''),
  /** Name or id of the dataset that has the columns. */
  dataset: entityIdSchema.optional(),
  columns: z.array(z.string().min(1).max(200)).max(200).default([]),
  metadata: freeFieldsSchema.default({}),
});
export type NewFeature = z.input<typeof newFeatureSchema>;

export const featureChangeSchema = z.strictObject({
  description: z.string().max(4000).optional(),
  metadata: freeFieldsSchema.optional(),
});
export type FeatureChange = z.input<typeof featureChangeSchema>;
