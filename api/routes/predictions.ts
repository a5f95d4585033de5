import type { PredictBatchRequest, PredictRequest } from '@artenic/core';
import { z } from 'zod';
import type { Failure, Target } from '../../serving/predictor.ts';
import type { ModelVersionRecord } from '../../store/types.ts';
import { findTarget } from '../prediction-targets.ts';
import { ok, route, type Context, type Reply, type Route } from '../route.ts';
import { modelName, modelParam, named } from '../schemas.ts';

/** The predictor's words for a version. */
export function targetOf({ sha256, external, signature }: ModelVersionRecord): Target {
  return { sha256, external: external === null ? null : { ...external, signature } };
}

async function predict(context: Context<unknown, unknown, PredictRequest>, name: string): Promise<Reply> {
  const { deps, body } = context;
  const version = await findTarget(deps, context.principal().projectId, name, body.version ?? null);
  const { outputs, label, latencyMs } = await deps.predictor.predict({ ...targetOf(version), inputs: body.inputs });
  return ok({ model: name, version: version.version, outputs, label, latencyMs });
}

function failureView({ error }: Failure) {
  const errors = (error.details.errors ?? []).map(({ pointer, message }) => ({ pointer, message }));
  return { outputs: null, label: null, error: { detail: error.message, errors } };
}

async function predictBatch(context: Context<unknown, unknown, PredictBatchRequest>, name: string): Promise<Reply> {
  const { deps, body } = context;
  const version = await findTarget(deps, context.principal().projectId, name, body.version ?? null);
  const { results, latencyMs } = await deps.predictor.predictBatch({ ...targetOf(version), rows: body.inputs });
  return ok({
    model: name,
    version: version.version,
    results: results.map((result) => ('error' in result ? failureView(result) : { ...result, error: null })),
    latencyMs,
  });
}

const predictAnswers = { 200: { description: 'The prediction', schema: named.prediction } } as const;

export function predictionRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/models/{name}/predict',
      permission: 'write',
      tag: 'predictions',
      summary: 'Predict one row',
      params: modelParam,
      body: named.predictRequest,
      answers: predictAnswers,
      handle: (context) => predict(context, context.params.name),
    }),
    route({
      method: 'post',
      path: '/api/v1/models/{name}/predict_batch',
      permission: 'write',
      tag: 'predictions',
      summary: 'Predict many rows; each is answered for itself',
      params: modelParam,
      body: named.predictBatchRequest,
      limit: 'rowsBytes',
      answers: { 200: { description: 'A result for each row', schema: named.predictions } },
      handle: (context) => predictBatch(context, context.params.name),
    }),
    route({
      method: 'post',
      path: '/api/v1/services/{service}/predict',
      permission: 'write',
      tag: 'predictions',
      summary: 'Predict one row (older path)',
      params: z.strictObject({ service: modelName }),
      body: named.predictRequest,
      answers: predictAnswers,
      handle: (context) => predict(context, context.params.service),
    }),
  ];
}
