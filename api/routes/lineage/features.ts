import { featureChangeSchema, newFeatureSchema, pageSchema } from '@artenic/core';
import { z } from 'zod';
import type { FeatureRecord } from '../../../store/types.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { featureView } from '../../lineage/views.ts';
import { featureBody } from '../../older/entities.ts';
import { featureParam, given, named, offsetQuery, pageQuery } from '../../schemas.ts';

type FeatureParams = z.output<typeof featureParam>;

function featureOf({ deps, params, principal }: Context<FeatureParams, unknown, unknown>): Promise<FeatureRecord> {
  return deps.store.features.get(principal().projectId, params.feature);
}

async function create(context: Context<unknown, unknown, z.output<typeof featureBody>>): Promise<Reply> {
  const { deps, body, principal, remember } = context;
  const { projectId, name: createdBy } = principal();
  const { id = deps.newId(), name = id, dataset, ...rest } = body;
  const datasetId = dataset === undefined ? null : (await deps.store.datasets.get(projectId, dataset)).id;
  return deps.store.transaction(principal(), async (repositories) => {
    const feature = { ...rest, id, projectId, name, datasetId, createdBy, createdAt: deps.now() };
    const made = featureView(await repositories.features.insert(feature));
    const reply: Reply = { status: 201, body: made, headers: { location: `/api/v1/features/${id}` } };
    await remember(repositories, reply);
    return reply;
  });
}

async function update(context: Context<FeatureParams, unknown, z.output<typeof featureChangeSchema>>): Promise<Reply> {
  const { deps, body, principal, remember } = context;
  const { id, projectId } = await featureOf(context);
  return deps.store.transaction(principal(), async (repositories) => {
    const reply = ok(featureView(await repositories.features.update(projectId, id, body, deps.now())));
    await remember(repositories, reply);
    return reply;
  });
}

export function featureRoutes(): readonly Route[] {
  const answers = { 200: { description: 'The feature', schema: named.feature } } as const;
  return [
    route({
      method: 'post',
      path: '/api/v1/features',
      permission: 'write',
      tag: 'features',
      idempotent: true,
      summary: 'Define a feature: the next version of its name',
      body: featureBody,
      answers: { 201: { description: 'The version', schema: named.feature } },
      handle: create,
    }),
    route({
      method: 'get',
      path: '/api/v1/features',
      permission: 'read',
      tag: 'features',
      summary: 'List versions of features, newest first',
      query: z.strictObject({ ...pageQuery, ...offsetQuery, name: newFeatureSchema.shape.name.optional() }),
      answers: { 200: { description: 'One page', schema: pageSchema(named.feature) } },
      handle: async ({ deps, query, principal }) => {
        const { name, offset, ...page } = query;
        const { projectId } = principal();
        const { items, nextCursor } = await deps.store.features.list({ projectId, name, offset, ...given(page) });
        return ok({ items: items.map(featureView), nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/features/{feature}',
      permission: 'read',
      tag: 'features',
      summary: 'One version of a feature, by id; by name the newest one',
      params: featureParam,
      answers,
      handle: async (context) => ok(featureView(await featureOf(context))),
    }),
    route({
      method: 'patch',
      path: '/api/v1/features/{feature}',
      permission: 'write',
      tag: 'features',
      idempotent: true,
      summary: 'Change description or metadata of a version',
      params: featureParam,
      body: featureChangeSchema,
      answers,
      handle: update,
    }),
    route({
      method: 'delete',
      path: '/api/v1/features/{feature}',
      permission: 'write',
      tag: 'features',
      summary: 'Delete a version of a feature, unless something came from it',
      params: featureParam,
      answers: { 204: { description: 'Deleted' } },
      handle: async (context) => {
        const { id, projectId } = await featureOf(context);
        await context.deps.store.as(context.principal()).features.remove(projectId, id);
        return { status: 204 };
      },
    }),
  ];
}
