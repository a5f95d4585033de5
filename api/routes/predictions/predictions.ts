import type { PredictBatchRequest, PredictRequest } from '@artenic/core';
import { z } from 'zod';
import type { Failure, Target } from '../../../serving/predictor.ts';
import type { ModelVersionRecord } from '../../../store/types.ts';
import { parsePart } from '../../http/input-errors.ts';
import { checkValue, decodeText, parseJson } from '../../middleware/body.ts';
import { needsDigits } from '../../http/exact-numbers.ts';
import { findTarget } from '../../predictions/targets.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import {
  olderPredictBatchSchema,
  olderPredictSchema,
  ownRow,
  ownRows,
  rowSchemaOf,
  rowsSchemaOf,
  type Asked,
} from '../../older/predict.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { whyNotServed } from '../../../core/models/hold.ts';
import { modelName, modelParam, named } from '../../schemas.ts';

/** A model version in the predictor's form. */
export function targetOf(version: ModelVersionRecord): Target {
  const { external, signature } = version;
  const refusal = whyNotServed(version);
  if (refusal !== null)
    throw new ArtenicError('conflict', `Version ${version.version} of ${version.model} ${refusal}.`);
  // An external version always has a file, too.
  const sha256 = version.sha256 ?? '';
  return { sha256, external: external === null ? null : { ...external, signature } };
}

type BytesContext = Context<unknown, unknown, Uint8Array>;
type SchemaOf<B> = (value: unknown) => z.ZodType<Asked<B>>;

function parse<B>(schemaOf: SchemaOf<B>, text: string, isExact: boolean): Asked<B> {
  const value = text === '' ? {} : parseJson(text, isExact);
  checkValue(value);
  return parsePart('The body', schemaOf(value), value);
}

/**
 * The request and the version that it asks for. Only a model with 64-bit integers may need all digits of its numbers.
 */
async function readRequest<B extends { readonly version?: number | undefined }>(
  { deps, body: bytes, principal }: BytesContext,
  name: string,
  schemaOf: SchemaOf<B>,
): Promise<{ readonly body: B; readonly version: ModelVersionRecord }> {
  const text = decodeText(bytes);
  const { model, body } = parse(schemaOf, text, false);
  const version = await findTarget(deps, principal().projectId, model ?? name, body.version ?? null);
  return { version, body: needsDigits(version.signature, text) ? parse(schemaOf, text, true).body : body };
}

async function predict(
  context: BytesContext,
  name: string,
  schemaOf: SchemaOf<PredictRequest> = ownRow,
): Promise<Reply> {
  const { version, body } = await readRequest(context, name, schemaOf);
  const target = { ...targetOf(version), inputs: body.inputs };
  const { outputs, label, latencyMs } = await context.deps.predictor.predict(target);
  return ok({ model: version.model, version: version.version, outputs, label, latencyMs });
}

function failureView({ error }: Failure) {
  const errors = (error.details.errors ?? []).map(({ pointer, message }) => ({ pointer, message }));
  return { outputs: null, label: null, error: { detail: error.message, errors } };
}

async function predictBatch(
  context: BytesContext,
  name: string,
  schemaOf: SchemaOf<PredictBatchRequest> = ownRows,
): Promise<Reply> {
  const { version, body } = await readRequest(context, name, schemaOf);
  const target = { ...targetOf(version), rows: body.inputs };
  const { results, latencyMs } = await context.deps.predictor.predictBatch(target);
  return ok({
    model: version.model,
    version: version.version,
    results: results.map((result) => ('error' in result ? failureView(result) : { ...result, error: null })),
    latencyMs,
  });
}

const predictAnswers = { 200: { description: 'The prediction', schema: named.prediction } } as const;
const batchAnswers = { 200: { description: 'A result for each row', schema: named.predictions } } as const;
/** The handler parses the body, because the model decides how numbers are read. */
const jsonBytes = { bodyKind: 'bytes', bodyTypes: ['application/json'] } as const;
const bodies = {
  row: named.predictRequest as unknown as z.ZodType<Uint8Array>,
  rows: named.predictBatchRequest as unknown as z.ZodType<Uint8Array>,
  eitherRow: z.union([
    named.predictRequest,
    olderPredictSchema.meta({ id: 'OlderPredict' }),
  ]) as unknown as z.ZodType<Uint8Array>,
  eitherRows: z.union([
    named.predictBatchRequest,
    olderPredictBatchSchema.meta({ id: 'OlderPredictBatch' }),
  ]) as unknown as z.ZodType<Uint8Array>,
} as const;
const serviceParam = z.strictObject({ service: modelName });

export function predictionRoutes(): readonly Route[] {
  return [
    route({
      ...jsonBytes,
      method: 'post',
      path: '/api/v1/models/{name}/predict',
      permission: 'write',
      tag: 'predictions',
      summary: 'Predict one row',
      params: modelParam,
      body: bodies.row,
      answers: predictAnswers,
      handle: (context) => predict(context, context.params.name),
    }),
    route({
      ...jsonBytes,
      method: 'post',
      path: '/api/v1/models/{name}/predict_batch',
      permission: 'write',
      tag: 'predictions',
      summary: 'Predict many rows; each is answered for itself',
      params: modelParam,
      body: bodies.rows,
      limit: 'rowsBytes',
      answers: batchAnswers,
      handle: (context) => predictBatch(context, context.params.name),
    }),
    route({
      ...jsonBytes,
      method: 'post',
      path: '/api/v1/services/{service}/predict',
      permission: 'write',
      tag: 'predictions',
      summary: 'Predict one row (older path)',
      deprecated: true,
      params: serviceParam,
      body: bodies.eitherRow,
      answers: predictAnswers,
      handle: (context) => predict(context, context.params.service, rowSchemaOf),
    }),
    route({
      ...jsonBytes,
      method: 'post',
      path: '/api/v1/services/{service}/predict_batch',
      permission: 'write',
      tag: 'predictions',
      summary: 'Predict many rows; each is answered for itself (older path)',
      deprecated: true,
      params: serviceParam,
      body: bodies.eitherRows,
      limit: 'rowsBytes',
      answers: batchAnswers,
      handle: (context) => predictBatch(context, context.params.service, rowsSchemaOf),
    }),
  ];
}
