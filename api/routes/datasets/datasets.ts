import {
  datasetChangeSchema,
  datasetStates,
  datasetStatusSchema,
  newDatasetSchema,
  pageSchema,
  purgeAnswerSchema,
  purgeSchema,
  storageOptionSchema,
} from '@artenic/core';
import { z } from 'zod';
import { checkPath } from '../../../core/datasets/paths.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { defaultStorageOption } from '../../../core/storage-options.ts';
import type { DatasetChange, DatasetRecord } from '../../../store/types.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { datasetView } from '../../datasets/views.ts';
import { datasetParam, given, named, pageQuery } from '../../schemas.ts';

/** The dataset that the path names, in the caller's project. */
export function datasetOf({
  deps,
  params,
  principal,
}: Context<{ readonly dataset: string }, unknown, unknown>): Promise<DatasetRecord> {
  return deps.store.datasets.get(principal().projectId, params.dataset);
}

/** A path in its one spelling. Throws `validation-failed`. */
export function pathOf(text: string): string {
  const checked = checkPath(text);
  if (checked.problem === null) return checked.path;
  throw new ArtenicError('validation-failed', `The path ${JSON.stringify(text)} ${checked.problem}.`);
}

async function change(
  context: Context<{ readonly dataset: string }, unknown, unknown>,
  to: DatasetChange,
): Promise<Reply> {
  const { deps, principal, remember } = context;
  const { id } = await datasetOf(context);
  return deps.store.transaction(principal(), async (repositories) => {
    const reply = ok(datasetView(await repositories.datasets.update(id, to, deps.now())));
    await remember(repositories, reply);
    return reply;
  });
}

function create(context: Context<unknown, unknown, z.output<typeof newDatasetSchema>>): Promise<Reply> {
  const { deps, body, principal, remember } = context;
  const { projectId, name: createdBy } = principal();
  const { id = deps.newId(), name, description } = body;
  const dataset = { id, projectId, name, description, createdBy, createdAt: deps.now() };
  return deps.store.transaction(principal(), async (repositories) => {
    const made = datasetView(await repositories.datasets.insert(dataset));
    const reply: Reply = { status: 201, body: made, headers: { location: `/api/v1/datasets/${made.name}` } };
    await remember(repositories, reply);
    return reply;
  });
}

async function purge(
  context: Context<{ readonly dataset: string }, unknown, z.output<typeof purgeSchema>>,
): Promise<Reply> {
  const { deps, body, principal, remember } = context;
  const { id } = await datasetOf(context);
  let { sha256 } = body;
  if (sha256 === undefined) {
    const path = pathOf(body.path ?? '');
    const file = await deps.store.datasets.file(await deps.store.datasets.version(id, 'latest'), path);
    if (file === null) throw new ArtenicError('not-found', `The newest version has no file ${JSON.stringify(path)}.`);
    ({ sha256 } = file);
  }
  const content = { datasetId: id, sha256, by: principal().name, reason: body.reason, at: deps.now() };
  return deps.store.transaction(principal(), async (repositories) => {
    const reply = ok({ sha256: content.sha256, ...(await repositories.datasets.purge(content)) });
    await remember(repositories, reply);
    return reply;
  });
}

const answers = { 200: { description: 'The dataset', schema: named.dataset } } as const;

export function datasetRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/datasets',
      permission: 'write',
      tag: 'datasets',
      summary: 'Create a dataset',
      body: newDatasetSchema,
      idempotent: true,
      answers: { 201: { description: 'The dataset, without a version', schema: named.dataset } },
      handle: create,
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets',
      permission: 'read',
      tag: 'datasets',
      summary: 'List datasets by name',
      query: z.strictObject({
        ...pageQuery,
        status: z.enum(datasetStates).optional(),
        text: z.string().min(1).max(63).optional().meta({ description: 'Part of the name.' }),
      }),
      answers: { 200: { description: 'One page', schema: pageSchema(named.dataset) } },
      handle: async ({ deps, query, principal }) => {
        const { status, text, ...page } = query;
        const { projectId } = principal();
        const { items, nextCursor } = await deps.store.datasets.list({ projectId, status, text, ...given(page) });
        return ok({ items: items.map(datasetView), nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/storage-options',
      permission: 'read',
      tag: 'datasets',
      summary: 'The storages for files of datasets, and what each cannot do',
      answers: {
        200: { description: 'All of them', schema: z.object({ items: z.array(storageOptionSchema) }) },
      },
      handle: async ({ deps }) => ok({ items: [defaultStorageOption(deps.storageKind)] }),
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}',
      permission: 'read',
      tag: 'datasets',
      summary: 'One dataset, by name or id',
      params: datasetParam,
      answers,
      handle: async (context) => ok(datasetView(await datasetOf(context))),
    }),
    ...changeRoutes(),
  ];
}

function changeRoutes(): readonly Route[] {
  return [
    route({
      method: 'patch',
      path: '/api/v1/datasets/{dataset}',
      permission: 'write',
      tag: 'datasets',
      summary: 'Change the name or description of a dataset',
      params: datasetParam,
      body: datasetChangeSchema,
      idempotent: true,
      answers,
      handle: (context) => change(context, context.body),
    }),
    route({
      method: 'patch',
      path: '/api/v1/datasets/{dataset}/status',
      permission: 'write',
      tag: 'datasets',
      summary: 'Archive a dataset, or make it active again',
      params: datasetParam,
      body: datasetStatusSchema,
      idempotent: true,
      answers,
      handle: (context) => change(context, context.body),
    }),
    route({
      method: 'delete',
      path: '/api/v1/datasets/{dataset}',
      permission: 'write',
      tag: 'datasets',
      summary: 'Delete a dataset with all versions',
      params: datasetParam,
      answers: { 204: { description: 'Deleted; contents that nothing else needs follow later' } },
      handle: async (context) => {
        const { id } = await datasetOf(context);
        await context.deps.store.as(context.principal()).datasets.remove(id, context.deps.now());
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/datasets/{dataset}/purge',
      permission: 'write',
      tag: 'datasets',
      summary: 'Remove one content from all versions of a dataset, for good',
      params: datasetParam,
      body: purgeSchema,
      idempotent: true,
      answers: { 200: { description: 'Purged', schema: purgeAnswerSchema } },
      handle: purge,
    }),
  ];
}
