import {
  attemptViewSchema,
  datasetDraftSchema,
  datasetVersionViewSchema,
  featureViewSchema,
  datasetViewSchema,
  jobSpecSchema,
  jobViewSchema,
  lineageEdgeSchema,
  lineageGraphSchema,
  lineageIdSchema,
  lineageKinds,
  lineageRelations,
  metricPointSchema,
  modelVersionViewSchema,
  modelViewSchema,
  predictBatchRequestSchema,
  predictBatchResponseSchema,
  predictRequestSchema,
  predictResponseSchema,
  problemSchema,
  providerViewSchema,
  runIoSchema,
  runViewSchema,
  stageChangeViewSchema,
  unresolvedInstanceSchema,
} from '@artenic/core';
import { z } from 'zod';
import { digitsOfId } from '../core/jobs/id-part.ts';
import { inferRequestSchema } from '../serving/oip/request.ts';
import { inferAnswerSchema } from '../serving/oip/response.ts';

const jobSpec = jobSpecSchema.meta({ id: 'JobSpec' });

/** Schemas with a name in the OpenAPI document. */
export const named = {
  attempt: attemptViewSchema.meta({ id: 'Attempt' }),
  dataset: datasetViewSchema.meta({ id: 'Dataset' }),
  datasetDraft: datasetDraftSchema.meta({ id: 'DatasetDraft' }),
  datasetVersion: datasetVersionViewSchema.meta({ id: 'DatasetVersion' }),
  feature: featureViewSchema.meta({ id: 'Feature' }),
  job: jobViewSchema.extend({ spec: jobSpec }).meta({ id: 'Job' }),
  jobSpec,
  datasetEdge: lineageEdgeSchema
    .extend({ entity_type: z.enum(lineageKinds), entity_id: z.string(), role: z.enum(['version', 'input', 'output']) })
    .meta({ id: 'DatasetEdge' }),
  lineageEdge: lineageEdgeSchema
    .extend({ source_id: z.string(), target_id: z.string(), relation_type: z.enum(lineageRelations) })
    .meta({ id: 'LineageEdge' }),
  lineageGraph: lineageGraphSchema.meta({ id: 'LineageGraph' }),
  metricPoint: metricPointSchema.meta({ id: 'MetricPoint' }),
  model: modelViewSchema.meta({ id: 'Model' }),
  modelVersion: modelVersionViewSchema.meta({ id: 'ModelVersion' }),
  predictRequest: predictRequestSchema.meta({ id: 'PredictRequest' }),
  predictBatchRequest: predictBatchRequestSchema.meta({ id: 'PredictBatchRequest' }),
  predictions: predictBatchResponseSchema.meta({ id: 'Predictions' }),
  prediction: predictResponseSchema.meta({ id: 'Prediction' }),
  problem: problemSchema.meta({ id: 'Problem' }),
  provider: providerViewSchema.meta({ id: 'Provider' }),
  unresolvedInstance: unresolvedInstanceSchema.meta({ id: 'UnresolvedInstance' }),
  run: runViewSchema
    .extend({
      config: runViewSchema.shape.parameters,
      triggered_by: z.string(),
      duration_seconds: z.number().nullable(),
    })
    .meta({ id: 'Run' }),
  runIo: runIoSchema.meta({ id: 'RunIo' }),
  stageChange: stageChangeViewSchema.meta({ id: 'StageChange' }),
  inferRequest: inferRequestSchema.meta({ id: 'InferRequest' }),
  inferAnswer: inferAnswerSchema.meta({ id: 'InferAnswer' }),
  inferError: z.object({ error: z.string() }).meta({ id: 'InferError' }),
} as const;

// Schemas that several routes share. Whole numbers are bounded, so that the document states what the code accepts.

const notAnId = 'is not a job id: give the whole id, or at least 6 digits of its beginning or end';
/** A job's id, or its beginning or end: the dispatcher puts the whole id in its place. */
export const jobRef = z
  .string()
  .regex(/^[0-9a-fA-F-]{6,36}$/, { error: notAnId, abort: true })
  .refine((text) => digitsOfId(text) !== null, notAnId)
  .meta({ description: 'A job id, or at least 6 digits of its beginning or end, with or without dashes.' });
export const jobIdParam = z.strictObject({ id: jobRef });
export const modelName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/);
/** A dataset by its name or id. */
export const datasetParam = z.strictObject({ dataset: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/) });
/** A run by its id, or by the last eight characters that lists show. */
export const runParam = z.strictObject({ run: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/) });
/** A feature by its id, or its newest version by name. */
export const featureParam = z.strictObject({ feature: z.string().min(1).max(128) });
/** A thing of the lineage by id or name. */
export const placeRef = lineageIdSchema;
export const modelParam = z.strictObject({ name: modelName });
const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
export const versionParam = z.strictObject({ name: modelName, version: wholeNumber(1, 2_147_483_647) });
export const pageQuery = { cursor: z.string().min(1).max(512).optional(), limit: wholeNumber(1, 200).default(50) };
/** Clients of an earlier platform count the rows that they have. */
export const offsetQuery = { offset: wholeNumber(0, 100_000).optional() };
/** A page's query without absent fields. */
export function given({ cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number }): {
  readonly cursor?: string;
  readonly limit: number;
} {
  return { limit, ...(cursor === undefined ? {} : { cursor }) };
}

/** For lists that belong to one job or model: most such lists fit on one page. */
export const longPageQuery = {
  cursor: z.string().min(1).max(1024).optional(),
  limit: wholeNumber(1, 1000).default(200),
};
export const offsetNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);
export const attemptNumber = wholeNumber(1, 2_147_483_647);
export const pageLimit = wholeNumber;
