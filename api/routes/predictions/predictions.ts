import { predictBatchRequestSchema, predictRequestSchema } from '@artenic/core';
import { z } from 'zod';
import type { Failure, Target } from '../../../serving/predictor.ts';
import type { ModelVersionRecord } from '../../../store/types.ts';
import { parsePart } from '../../http/input-errors.ts';
import { checkValue, decodeText, parseJson } from '../../middleware/body.ts';
import { needsDigits } from '../../http/exact-numbers.ts';
import { findTarget } from '../../predictions/targets.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { modelName, modelParam, named } from '../../schemas.ts';

/** The predictor's words for a version. */
export function targetOf({ sha256, external, signature }: ModelVersionRecord): Target {
  return { sha256, external: external === null ? null : { ...external, signature } };
}

type BytesContext = Context<unknown, unknown, Uint8Array>;
type Asked<B> = { readonly body: B; readonly version: ModelVersionRecord };

function parse<B>(schema: z.ZodType<B>, text: string, isExact: boolean): B {
  const value = text === '' ? {} : parseJson(text, isExact);
  checkValue(value);
  return parsePart('The body', schema, value);
}

/** The request and the version that it asks. Only a model with integers of 64 bits may need them digit by digit. */
async function readRequest<B extends { readonly version?: number | undefined }>(
  { deps, body: bytes, principal }: BytesContext,
  name: string,
  schema: z.ZodType<B>,
): Promise<Asked<B>> {
  const text = decodeText(bytes);
  const body = parse(schema, text, false);
  const version = await findTarget(deps, principal().projectId, name, body.version ?? null);
  return { version, body: needsDigits(version.signature, text) ? parse(schema, text, true) : body };
}

async function predict(context: BytesContext, name: string): Promise<Reply> {
  const { version, body } = await readRequest(context, name, predictRequestSchema);
  const target = { ...targetOf(version), inputs: body.inputs };
  const { outputs, label, latencyMs } = await context.deps.predictor.predict(target);
  return ok({ model: name, version: version.version, outputs, label, latencyMs });
}

function failureView({ error }: Failure) {
  const errors = (error.details.errors ?? []).map(({ pointer, message }) => ({ pointer, message }));
  return { outputs: null, label: null, error: { detail: error.message, errors } };
}

async function predictBatch(context: BytesContext, name: string): Promise<Reply> {
  const { version, body } = await readRequest(context, name, predictBatchRequestSchema);
  const target = { ...targetOf(version), rows: body.inputs };
  const { results, latencyMs } = await context.deps.predictor.predictBatch(target);
  return ok({
    model: name,
    version: version.version,
    results: results.map((result) => ('error' in result ? failureView(result) : { ...result, error: null })),
    latencyMs,
  });
}

const predictAnswers = { 200: { description: 'The prediction', schema: named.prediction } } as const;
/** The handler parses the body, because the model decides how. */
const jsonBytes = { bodyKind: 'bytes', bodyTypes: ['application/json'] } as const;
const bodies = {
  row: named.predictRequest as unknown as z.ZodType<Uint8Array>,
  rows: named.predictBatchRequest as unknown as z.ZodType<Uint8Array>,
} as const;

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
      answers: { 200: { description: 'A result for each row', schema: named.predictions } },
      handle: (context) => predictBatch(context, context.params.name),
    }),
    route({
      ...jsonBytes,
      method: 'post',
      path: '/api/v1/services/{service}/predict',
      permission: 'write',
      tag: 'predictions',
      summary: 'Predict one row (older path)',
      params: z.strictObject({ service: modelName }),
      body: bodies.row,
      answers: predictAnswers,
      handle: (context) => predict(context, context.params.service),
    }),
  ];
}
