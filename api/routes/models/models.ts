import { modelStageInput, objectKeys, pageSchema, registerModelRequestSchema, type ModelStage } from '@artenic/core';
import { z } from 'zod';
import { moveVersion } from '../../../app/models/move.ts';
import { registerModel, type ExaminedModel } from '../../../app/models/register.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { forgetTargets } from '../../predictions/targets.ts';
import type { ApiDeps } from '../../deps.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { given, longPageQuery, modelParam, pageQuery, versionParam, named } from '../../schemas.ts';
import { targetOf } from '../predictions/predictions.ts';
import { modelVersionView, modelView, stageChangeView } from '../../jobs/views.ts';

type Registration = z.output<typeof registerModelRequestSchema>;

/**
 * Reads the model. ONNX models run here; for any other format the file is checked for unsafe content, and its server
 * gives the signature.
 */
async function examine(deps: ApiDeps, { sha256, format, external }: Registration): Promise<ExaminedModel> {
  if (external === undefined) {
    if (format === 'onnx') return { signature: await deps.predictor.inspect(sha256), external: null };
    throw new ArtenicError('model-rejected', `${format} does not run here: export it to ONNX, or say where it runs.`, {
      errors: [{ pointer: '/external', message: 'is needed for every format but onnx' }],
    });
  }
  const url = external.url.replace(/\/$/, '');
  if (!deps.inferenceServers.some((server) => server.replace(/\/$/, '') === url)) {
    throw new ArtenicError(
      'validation-failed',
      'This inference server is not known; add it to ARTENIC_INFERENCE_SERVERS.',
      {
        errors: [{ pointer: '/external/url', message: 'not a known inference server' }],
      },
    );
  }
  if (format === 'onnx') await deps.predictor.inspect(sha256);
  else await deps.predictor.scan(sha256, format);
  return { signature: await deps.predictor.inspectExternal({ ...external, url }), external: { ...external, url } };
}

function register(context: Context<unknown, unknown, Registration>): Promise<Reply> {
  const { deps, body, remember } = context;
  const principal = context.principal();
  const { model, format, sha256, metrics } = body;
  const input = {
    principal,
    createdBy: principal.name,
    model,
    format,
    sha256,
    metrics,
    jobId: null,
    examine: () => examine(deps, body),
  };
  return registerModel(deps, input, async (repositories, version) => {
    const reply: Reply = {
      status: 201,
      body: modelVersionView(version),
      headers: { location: `/api/v1/models/${version.model}/versions/${version.version}` },
    };
    await remember(repositories, reply);
    return reply;
  });
}

/**
 * Loads a version before its first prediction, so that no prediction waits for the load. A model that fails to load
 * here fails at its prediction.
 */
async function warm(deps: ApiDeps, projectId: string, place: { readonly name: string; readonly version: number }) {
  const version = await deps.store.models.getVersion(projectId, place.name, place.version);
  if (version.stage === 'retired' || version.external !== null) return;
  try {
    await deps.predictor.warm(targetOf(version));
  } catch (error) {
    deps.logger.warn({ err: error, model: place.name, version: place.version }, 'not warmed up');
  }
}

type Place = z.output<typeof versionParam>;

async function move(
  { deps, params, principal, remember }: Context<Place, unknown, unknown>,
  to: ModelStage,
  reason: string,
): Promise<Reply> {
  const { name: model, version } = params;
  const caller = principal();
  if (to === 'production') await warm(deps, caller.projectId, params);
  const reply = await moveVersion(
    deps,
    { principal: caller, model, version, to, reason },
    async (repositories, changed) => {
      const answer = ok(modelVersionView(changed));
      await remember(repositories, answer);
      return answer;
    },
  );
  forgetTargets(deps);
  return reply;
}

const reason = z.string().max(1000).default('');

/** Routes that move a version to a stage; two of them have a word of their own. */
function stageRoutes(): readonly Route[] {
  const common = { permission: 'write', tag: 'models', params: versionParam, idempotent: true } as const;
  const answers = { 200: { description: 'The version', schema: named.modelVersion } } as const;
  const version = '/api/v1/models/{name}/versions/{version}';
  return [
    route({
      ...{ ...common, answers, method: 'post', path: `${version}/promote`, body: z.strictObject({ reason }) },
      summary: 'Put a version into production; the one before goes back to staging',
      handle: (context) => move(context, 'production', context.body.reason),
    }),
    route({
      ...{ ...common, answers, method: 'post', path: `${version}/retire`, body: z.strictObject({ reason }) },
      summary: 'Take a version out of use for good',
      handle: (context) => move(context, 'retired', context.body.reason),
    }),
    route({
      ...{ ...common, answers, method: 'patch', path: `${version}/stage` },
      summary: 'Move a version to a stage',
      body: z.strictObject({ stage: modelStageInput, reason }),
      handle: (context) => move(context, context.body.stage, context.body.reason),
    }),
  ];
}

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
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(named.modelVersion) } },
      handle: async ({ deps, params, query, principal }) => {
        const place = { projectId: principal().projectId, name: params.name };
        const page = await deps.store.models.versions({ ...place, ...given(query) });
        return ok({ items: page.items.map(modelVersionView), nextCursor: page.nextCursor });
      },
    }),
    ...versionRoutes(),
  ];
}

/** Routes for a version of a model and the history of its stage. */
function versionRoutes(): readonly Route[] {
  return [
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
    ...stageRoutes(),
    route({
      method: 'get',
      path: '/api/v1/models/{name}/stage-history',
      permission: 'read',
      tag: 'models',
      summary: 'Who moved which version when, oldest first',
      params: modelParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(named.stageChange) } },
      handle: async ({ deps, params, query, principal }) => {
        const place = { projectId: principal().projectId, name: params.name };
        const page = await deps.store.models.stageHistory({ ...place, ...given(query) });
        return ok({ items: page.items.map(stageChangeView), nextCursor: page.nextCursor });
      },
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
        const key = objectKeys.model(version.sha256);
        const stored = await deps.storage.head(key);
        if (stored === null)
          throw new ArtenicError('not-found', `The file of ${version.model} ${version.version} is gone.`);
        const headers = {
          'content-type': 'application/octet-stream',
          'content-length': String(stored.bytes),
          'content-disposition': `attachment; filename="${version.model}-${version.version}${version.format === 'onnx' ? '.onnx' : ''}"`,
        };
        return { status: 200, stream: await deps.storage.get(key), headers };
      },
    }),
  ];
}
