import {
  objectKeys,
  pageSchema,
  registerModelRequestSchema,
  type ModelStage,
  type PredictRequest,
} from '@artenic/core';
import { z } from 'zod';
import { ArtenicError } from '../../core/errors.ts';
import { ok, route, type Context, type Reply, type Route } from '../route.ts';
import { modelName, modelParam, pageQuery, versionParam, named } from '../schemas.ts';
import { modelVersionView, modelView, stageChangeView } from '../views.ts';

async function register(
  context: Context<unknown, unknown, z.output<typeof registerModelRequestSchema>>,
): Promise<Reply> {
  const { deps, body } = context;
  const principal = context.principal();
  const stored = await deps.storage.head(objectKeys.model(body.sha256));
  if (stored === null)
    throw new ArtenicError('validation-failed', 'The model is not uploaded; PUT it to /api/v1/objects/models first.', {
      errors: [{ pointer: '/sha256', message: 'not uploaded' }],
    });
  const signature = await deps.predictor.inspect(body.sha256);
  return deps.store.transaction(async (repositories) => {
    const version = await repositories.models.register({
      ...{
        model: body.model,
        projectId: principal.projectId,
        format: 'onnx',
        sha256: body.sha256,
        bytes: stored.bytes,
      },
      ...{ signature, metrics: body.metrics, jobId: null, createdBy: principal.name, createdAt: deps.now() },
    });
    const reply: Reply = {
      status: 201,
      body: modelVersionView(version),
      headers: { location: `/api/v1/models/${version.model}/versions/${version.version}` },
    };
    await context.remember(repositories, reply);
    return reply;
  });
}

function stageRoute(verb: 'promote' | 'retire', to: ModelStage, summary: string): Route {
  return route({
    method: 'post',
    path: `/api/v1/models/{name}/versions/{version}/${verb}`,
    permission: 'write',
    tag: 'models',
    summary,
    params: versionParam,
    body: z.strictObject({ reason: z.string().max(1000).default('') }),
    idempotent: true,
    answers: { 200: { description: 'The version', schema: named.modelVersion } },
    handle: async (context) => {
      const { deps, params, body } = context;
      const principal = context.principal();
      return deps.store.transaction(async (repositories) => {
        const version = await repositories.models.setStage({
          projectId: principal.projectId,
          name: params.name,
          version: params.version,
          to,
          by: principal.name,
          at: deps.now(),
          reason: body.reason,
        });
        const reply = ok(modelVersionView(version));
        await context.remember(repositories, reply);
        return reply;
      });
    },
  });
}

async function predict(context: Context<unknown, unknown, PredictRequest>, name: string): Promise<Reply> {
  const { deps, body } = context;
  const { projectId } = context.principal();
  const { models } = deps.store;
  const version =
    body.version === undefined
      ? await models.production(projectId, name)
      : await models.getVersion(projectId, name, body.version);
  if (version === null) {
    await models.get(projectId, name);
    throw new ArtenicError('conflict', `No version of ${name} is in production: promote one, or name a version.`);
  }
  if (version.stage === 'retired')
    throw new ArtenicError('conflict', `Version ${version.version} of ${name} is retired.`);
  const { outputs, label, latencyMs } = await deps.predictor.predict({ sha256: version.sha256, inputs: body.inputs });
  return ok({ model: name, version: version.version, outputs, label, latencyMs });
}

const predictAnswers = { 200: { description: 'The prediction', schema: named.prediction } } as const;

export function modelRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/models',
      permission: 'write',
      tag: 'models',
      summary: 'Register an uploaded model',
      body: registerModelRequestSchema,
      idempotent: true,
      answers: { 201: { description: 'The new version', schema: named.modelVersion } },
      handle: register,
    }),
    route({
      method: 'get',
      path: '/api/v1/models',
      permission: 'read',
      tag: 'models',
      summary: 'List models by name',
      query: z.strictObject(pageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(named.model) } },
      handle: async ({ deps, query, principal }) => {
        const { cursor, limit } = query;
        const page = await deps.store.models.list({
          projectId: principal().projectId,
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        });
        return ok({ items: page.items.map(modelView), nextCursor: page.nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/models/{name}',
      permission: 'read',
      tag: 'models',
      summary: 'One model',
      params: modelParam,
      answers: { 200: { description: 'The model', schema: named.model } },
      handle: async ({ deps, params, principal }) =>
        ok(modelView(await deps.store.models.get(principal().projectId, params.name))),
    }),
    route({
      method: 'get',
      path: '/api/v1/models/{name}/versions',
      permission: 'read',
      tag: 'models',
      summary: 'Versions of a model, newest first',
      params: modelParam,
      answers: { 200: { description: 'The versions', schema: z.object({ items: z.array(named.modelVersion) }) } },
      handle: async ({ deps, params, principal }) =>
        ok({ items: (await deps.store.models.versions(principal().projectId, params.name)).map(modelVersionView) }),
    }),
    route({
      method: 'get',
      path: '/api/v1/models/{name}/versions/{version}',
      permission: 'read',
      tag: 'models',
      summary: 'One version',
      params: versionParam,
      answers: { 200: { description: 'The version', schema: named.modelVersion } },
      handle: async ({ deps, params, principal }) =>
        ok(modelVersionView(await deps.store.models.getVersion(principal().projectId, params.name, params.version))),
    }),
    stageRoute('promote', 'production', 'Put a version into production; the one before goes back to registered'),
    stageRoute('retire', 'retired', 'Take a version out of use for good'),
    route({
      method: 'get',
      path: '/api/v1/models/{name}/stage-history',
      permission: 'read',
      tag: 'models',
      summary: 'Who moved which version when, oldest first',
      params: modelParam,
      answers: { 200: { description: 'The changes', schema: z.object({ items: z.array(named.stageChange) }) } },
      handle: async ({ deps, params, principal }) =>
        ok({ items: (await deps.store.models.stageHistory(principal().projectId, params.name)).map(stageChangeView) }),
    }),
    route({
      method: 'get',
      path: '/api/v1/models/{name}/versions/{version}/artifact',
      permission: 'read',
      tag: 'models',
      summary: 'Download the model file',
      params: versionParam,
      answers: { 200: { description: 'The file', type: 'application/octet-stream' } },
      handle: async ({ deps, params, principal }) => {
        const version = await deps.store.models.getVersion(principal().projectId, params.name, params.version);
        const headers = {
          'content-type': 'application/octet-stream',
          'content-length': String(version.bytes),
          'content-disposition': `attachment; filename="${version.model}-${version.version}.onnx"`,
        };
        return { status: 200, stream: await deps.storage.get(objectKeys.model(version.sha256)), headers };
      },
    }),
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
