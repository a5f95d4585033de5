import {
  predictBatchRequestSchema,
  predictRequestSchema,
  type PredictBatchRequest,
  type PredictRequest,
} from '@artenic/core';
import { z } from 'zod';

/** `penguins` names the version in production, `penguins:3` version 3. */
const modelId = z
  .string()
  .max(74)
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}(?::[1-9][0-9]{0,8})?$/)
  .nullish()
  .describe('A model, or `model:version`; the model that is named as the service when absent.');

export const olderPredictSchema = z.strictObject({ data: predictRequestSchema.shape.inputs, model_id: modelId });
export const olderPredictBatchSchema = z.strictObject({
  batch: predictBatchRequestSchema.shape.inputs,
  model_id: modelId,
});

/** The model that the body asks for; null: the model of the path. */
export type Asked<Body> = { readonly model: string | null; readonly body: Body };

function askedOf<Inputs>(inputs: Inputs, id: string | null | undefined) {
  const [model = null, version] = id?.split(':') ?? [];
  return { model, body: { inputs, ...(version === undefined ? {} : { version: Number(version) }) } };
}

const has = (value: unknown, key: string): boolean => typeof value === 'object' && value !== null && key in value;
const row = predictRequestSchema.transform((body) => ({ model: null, body }));
const rows = predictBatchRequestSchema.transform((body) => ({ model: null, body }));
const olderRow = olderPredictSchema.transform(({ data, model_id: id }) => askedOf(data, id));
const olderRows = olderPredictBatchSchema.transform(({ batch, model_id: id }) => askedOf(batch, id));

export const ownRow = (): z.ZodType<Asked<PredictRequest>> => row;
export const ownRows = (): z.ZodType<Asked<PredictBatchRequest>> => rows;

/** The schema of a body for one row: the older form has `data`. */
export function rowSchemaOf(value: unknown): z.ZodType<Asked<PredictRequest>> {
  return has(value, 'data') ? olderRow : row;
}

/** The schema of a body for many rows: the older form has `batch`. */
export function rowsSchemaOf(value: unknown): z.ZodType<Asked<PredictBatchRequest>> {
  return has(value, 'batch') ? olderRows : rows;
}
