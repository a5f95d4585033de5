import {
  metricDirections,
  modelChangeSchema,
  modelStageInput,
  pageSchema,
  type registerModelRequestSchema,
} from '@artenic/core';
import { z } from 'zod';
import { registerModel, type ExaminedModel } from '../../../app/models/register.ts';
import { ArtenicError } from '../../../core/errors.ts';
import type { ApiDeps } from '../../deps.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import {
  byId,
  isOlderModel,
  modelRefParam,
  nameOf,
  newModelBody,
  olderModelViewSchema,
  olderVersionSchema,
  resolveModel,
  withVersion,
} from '../../older/models.ts';
import {
  given,
  longPageQuery,
  modelName,
  modelParam,
  named,
  offsetQuery,
  pageQuery,
  versionParam,
} from '../../schemas.ts';
import { bestModel } from '../../../app/models/best.ts';
import { deleteVersion, editVersion } from '../../../app/models/edit.ts';
import { artifactRoutes } from './artifacts.ts';
import { olderModelRoutes, registerOlder } from './older.ts';
import { stageRoutes } from './stages.ts';
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

type NewModel = Context<unknown, unknown, z.output<typeof newModelBody>>;

function register(context: NewModel): Promise<Reply> {
  const { body } = context;
  return isOlderModel(body) ? registerOlder({ ...context, body }) : registerOwn({ ...context, body });
}

function registerOwn(context: Context<unknown, unknown, Registration>): Promise<Reply> {
  const { deps, body, remember } = context;
  const principal = context.principal();
  const { external: _, ...said } = body;
  const input = {
    principal,
    createdBy: principal.name,
    ...said,
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

const listQuery = z.strictObject({
  ...pageQuery,
  ...offsetQuery,
  stage: modelStageInput.optional(),
  framework: z.string().min(1).max(200).optional(),
  name: z.string().min(1).max(200).optional(),
});

async function list(context: Context<unknown, z.output<typeof listQuery>, unknown>): Promise<Reply> {
  const { deps, query, principal } = context;
  const { stage, framework, name, offset, ...page } = query;
  const { projectId } = principal();
  if ([stage, framework, name, offset].every((one) => one === undefined)) {
    const { items, nextCursor } = await deps.store.models.list({ projectId, ...given(page) });
    return ok({ items: items.map(modelView), nextCursor });
  }
  const filters = { stage, framework, name: name === undefined ? undefined : nameOf(name), offset };
  const { items, nextCursor } = await deps.store.models.find({ projectId, ...filters, ...given(page) });
  return ok({ items: items.map(byId), nextCursor });
}

const bestQuery = z.strictObject({
  metric: z.string().min(1).max(128),
  direction: z
    .enum(metricDirections)
    .optional()
    .meta({ description: 'As the newest job declares it, else by the metric’s name, when absent.' }),
  service: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .meta({ description: 'Only versions that its jobs trained, or of the model of this name.' }),
  model: modelName.optional(),
  retired: z.enum(['true', 'false']).default('false').meta({ description: 'Retired versions count as well.' }),
});

async function best(context: Context<unknown, z.output<typeof bestQuery>, unknown>): Promise<Reply> {
  const { deps, query, principal } = context;
  const { metric, direction = null, service = null, model = null, retired } = query;
  const asked = { projectId: principal().projectId, metric, service, model, withRetired: retired === 'true' };
  const { version, ...found } = await bestModel(deps, asked, direction);
  return ok({ ...found, version: version === null ? null : modelVersionView(version) });
}

export function modelRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/models',
      permission: 'write',
      tag: 'models',
      summary: 'Register an uploaded model',
      body: newModelBody,
      idempotent: true,
      answers: { 201: { description: 'The new version', schema: z.union([olderVersionSchema, named.modelVersion]) } },
      handle: register,
    }),
    route({
      method: 'get',
      path: '/api/v1/models',
      permission: 'read',
      tag: 'models',
      summary: 'List models by name; with `stage`, `framework`, `name` or `offset` versions, newest first',
      query: listQuery,
      answers: {
        200: {
          description: 'One page',
          schema: z.union([
            pageSchema(olderVersionSchema).meta({ id: 'ModelVersionPage' }),
            pageSchema(named.model).meta({ id: 'ModelPage' }),
          ]),
        },
      },
      handle: list,
    }),
    // Before the routes of a model: its path would match there as a name.
    route({
      method: 'get',
      path: '/api/v1/models/best',
      permission: 'read',
      tag: 'models',
      summary: 'The version with the best value of a metric',
      query: bestQuery,
      answers: { 200: { description: 'The best version', schema: named.bestModel } },
      handle: best,
    }),
    route({
      method: 'get',
      path: '/api/v1/models/{name}',
      permission: 'read',
      tag: 'models',
      summary: 'One model with its version in production, else its newest; or one version by its id',
      params: modelRefParam,
      answers: {
        200: { description: 'The model or version', schema: z.union([olderModelViewSchema, olderVersionSchema]) },
      },
      handle: async ({ deps, params, principal }) => {
        const { projectId } = principal();
        const { version, isWholeModel } = await resolveModel(deps, projectId, params.name);
        if (!isWholeModel) return ok(byId(version));
        return ok(withVersion(modelView(await deps.store.models.get(projectId, version.model)), version));
      },
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
    ...artifactRoutes(),
    ...olderModelRoutes(),
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
    route({
      method: 'patch',
      path: '/api/v1/models/{name}/versions/{version}',
      permission: 'write',
      tag: 'models',
      summary: 'Change description, tags, framework, author, metadata or metrics of a version',
      params: versionParam,
      body: modelChangeSchema,
      idempotent: true,
      answers: { 200: { description: 'The version', schema: named.modelVersion } },
      handle: ({ deps, params: { name: model, version }, body: change, principal, remember }) =>
        editVersion(deps, { principal: principal(), model, version, change }, async (repositories, changed) => {
          const reply = ok(modelVersionView(changed));
          await remember(repositories, reply);
          return reply;
        }),
    }),
    route({
      method: 'delete',
      path: '/api/v1/models/{name}/versions/{version}',
      permission: 'write',
      tag: 'models',
      summary: 'Delete a version that nothing needs',
      params: versionParam,
      answers: { 204: { description: 'Deleted' } },
      handle: async ({ deps, params: { name: model, version }, principal }) => {
        const { isLoaded } = deps.predictor;
        await deleteVersion({ ...deps, isLoaded }, { principal: principal(), model, version });
        return { status: 204 };
      },
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
  ];
}
