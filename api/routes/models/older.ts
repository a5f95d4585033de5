import { ArtenicError } from '../../../core/errors.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import {
  byId,
  finiteMetrics,
  formatOf,
  modelRefParam,
  nameOf,
  olderChangeBody,
  olderStageBody,
  olderVersionSchema,
  resolveModel,
  type OlderModel,
} from '../../older/models.ts';
import { deleteVersion, editVersion } from '../../../app/models/edit.ts';
import type { ModelVersionRecord } from '../../../store/types.ts';
import { move } from './stages.ts';
import type { z } from 'zod';

type Ref = z.output<typeof modelRefParam>;

/** Registers the model of an older body: a draft without a file, which `PUT …/artifact` stores. */
export function registerOlder(context: Context<unknown, unknown, OlderModel>): Promise<Reply> {
  const { deps, body, principal, remember } = context;
  const caller = principal();
  const { id, name = id, framework = null, description, metadata, metrics, version: label } = body;
  if (name === undefined || name === null)
    throw new ArtenicError('validation-failed', 'Give the model a `name` or an `id`.', {
      errors: [{ pointer: '/name', message: 'is needed without an id' }],
    });
  return deps.store.as(caller).transaction(async (repositories) => {
    const registered = await repositories.models.register({
      ...{ projectId: caller.projectId, model: nameOf(name), format: formatOf(framework), sha256: null, bytes: 0 },
      ...{ signature: { inputs: [], outputs: [], labels: null }, metrics: finiteMetrics(metrics), jobId: null },
      ...{ createdBy: caller.name, createdAt: deps.now(), chosenId: id ?? null, framework },
      ...{ description: description ?? '' },
      metadata: { ...metadata, ...(label === undefined || label === null ? {} : { version: label }) },
    });
    const made = byId(registered);
    const reply: Reply = { status: 201, body: made, headers: { location: `/api/v1/models/${made.id}` } };
    await remember(repositories, reply);
    return reply;
  });
}

async function newestOf(context: Context<Ref, unknown, unknown>): Promise<ModelVersionRecord> {
  const { deps, params, principal } = context;
  return (await resolveModel(deps, principal().projectId, params.name, true)).version;
}

async function change(context: Context<Ref, unknown, z.output<typeof olderChangeBody>>): Promise<Reply> {
  const { deps, body, principal, remember } = context;
  const { model, version } = await newestOf(context);
  const { description, metadata, metrics, ...rest } = body;
  const to = {
    ...{ ...rest, description: description ?? undefined, metadata: metadata ?? undefined },
    metrics: metrics ?? undefined,
  };
  return editVersion(deps, { principal: principal(), model, version, change: to }, async (repositories, changed) => {
    const reply = ok(byId(changed));
    await remember(repositories, reply);
    return reply;
  });
}

async function remove(context: Context<Ref, unknown, unknown>): Promise<Reply> {
  const { deps, params, principal } = context;
  const caller = principal();
  const { version: found, isWholeModel } = await resolveModel(deps, caller.projectId, params.name, true);
  const { model, version } = found;
  if (isWholeModel) {
    const query = { projectId: caller.projectId, name: model, limit: 2 };
    if ((await deps.store.models.versions(query)).items.length > 1)
      throw new ArtenicError(
        'conflict',
        `${model} has several versions: delete them one by one, as ${model}@${version}.`,
      );
  }
  await deleteVersion({ ...deps, isLoaded: deps.predictor.isLoaded }, { principal: caller, model, version });
  return { status: 204 };
}

async function moveTo(
  context: Context<Ref, unknown, z.output<typeof olderStageBody>>,
  otherwise: 'production' | 'retired' | null,
): Promise<Reply> {
  const { body } = context;
  const to = body.stage ?? otherwise;
  if (to === null)
    throw new ArtenicError('validation-failed', 'Give a `stage`.', {
      errors: [{ pointer: '/stage', message: 'is needed' }],
    });
  const { model, version } = await newestOf(context);
  return move(context, { name: model, version }, { to, reason: body.reason, view: byId });
}

/** Routes of an earlier platform, where a model is one version; each translates to a route of versions. */
export function olderModelRoutes(): readonly Route[] {
  const common = { tag: 'models', permission: 'write', deprecated: true, params: modelRefParam } as const;
  const answers = { 200: { description: 'The version', schema: olderVersionSchema } } as const;
  const model = '/api/v1/models/{name}';
  return [
    route({
      ...{ ...common, answers, method: 'patch', path: model, idempotent: true, body: olderChangeBody },
      summary: 'Change what is said of a version (older path)',
      handle: change,
    }),
    route({
      ...{ ...common, method: 'delete', path: model },
      summary: 'Delete a version (older path)',
      answers: { 204: { description: 'Deleted' } },
      handle: remove,
    }),
    route({
      ...{ ...common, answers, method: 'patch', path: `${model}/stage`, idempotent: true, body: olderStageBody },
      summary: 'Move a version to a stage (older path)',
      handle: (context) => moveTo(context, null),
    }),
    route({
      ...{ ...common, answers, method: 'post', path: `${model}/promote`, idempotent: true, body: olderStageBody },
      summary: 'Put a version into production, or into another stage (older path)',
      handle: (context) => moveTo(context, 'production'),
    }),
    route({
      ...{ ...common, answers, method: 'post', path: `${model}/retire`, idempotent: true, body: olderStageBody },
      summary: 'Take a version out of use for good (older path)',
      handle: (context) => moveTo({ ...context, body: { ...context.body, stage: 'retired' } }, 'retired'),
    }),
  ];
}
