import {
  commitSchema,
  contentsAnswerSchema,
  contentsRequestSchema,
  datasetDiffItemSchema,
  datasetTagMoveSchema,
  datasetTagSchema,
  datasetTagViewSchema,
  datasetVersionRefSchema,
  objectKeys,
  pageSchema,
  setTagSchema,
} from '@artenic/core';
import { z } from 'zod';
import { commitVersion, storedContents } from '../../../app/datasets/commit.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { decodeCursor, encodeCursor } from '../../../store/cursors.ts';
import { mustAllBeAllowed } from '../../uploads/rules.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { datasetDiffItem, datasetTagMoveView, datasetTagView, datasetVersionView } from '../../datasets/views.ts';
import { datasetParam, given, longPageQuery, named } from '../../schemas.ts';
import { datasetOf } from './datasets.ts';

const versionParam = datasetParam.extend({ version: datasetVersionRefSchema });
const tagParam = datasetParam.extend({ tag: datasetTagSchema });
/** A commit of the largest number of changes with long paths. */
export const commitBytes = 32_000_000;
const uploadSeconds = 24 * 3600;

function commit(
  context: Context<{ readonly dataset: string }, unknown, z.output<typeof commitSchema>>,
): Promise<Reply> {
  const { deps, params, body, principal, remember } = context;
  const { put, remove, restore, message, expectedVersion: expectedHead = null } = body;
  if (restore !== undefined && put.length + remove.length > 0)
    throw new ArtenicError('validation-failed', 'Give either changes or a version to restore, not both.');
  mustAllBeAllowed(deps.uploads, put);
  const what = restore === undefined ? { changes: { put, remove } } : { restore };
  const input = { principal: principal(), dataset: params.dataset, expectedHead, message, what, sourceJobId: null };
  return commitVersion(deps, input, async (repositories, version) => {
    const tags = await repositories.datasets.tags(version.datasetId);
    const reply: Reply = {
      status: 201,
      body: datasetVersionView(version, tags),
      headers: { location: `/api/v1/datasets/${params.dataset}/versions/${version.version}` },
    };
    await remember(repositories, reply);
    return reply;
  });
}

async function missing(context: Context<unknown, unknown, z.output<typeof contentsRequestSchema>>): Promise<Reply> {
  const { deps, body, principal } = context;
  const stored = await storedContents(
    deps,
    principal(),
    body.contents.map(({ sha256 }) => sha256),
  );
  const lacking = [];
  for (const content of body.contents) {
    if (stored.has(content.sha256)) continue;
    const options = { expiresInSeconds: uploadSeconds, content };
    lacking.push({
      sha256: content.sha256,
      request: await deps.signing.signPut(objectKeys.data(content.sha256), options),
    });
  }
  return ok({ missing: lacking });
}

function setTag(context: Context<z.output<typeof tagParam>, unknown, unknown>, version: number | null): Promise<Reply> {
  const { deps, params, principal } = context;
  return datasetOf(context).then(async ({ id: datasetId }) => {
    const { name: by } = principal();
    await deps.store.as(principal()).datasets.setTag({ datasetId, tag: params.tag, version, by, at: deps.now() });
    return { status: 204 };
  });
}

export function datasetVersionRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/datasets/{dataset}/versions',
      permission: 'write',
      tag: 'datasets',
      summary: 'Make the next version from changes, or from an older version',
      params: datasetParam,
      body: commitSchema,
      maxBytes: commitBytes,
      idempotent: true,
      answers: { 201: { description: 'The newest version', schema: named.datasetVersion } },
      handle: commit,
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/versions',
      permission: 'read',
      tag: 'datasets',
      summary: 'Versions of a dataset, newest first',
      params: datasetParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(named.datasetVersion) } },
      handle: async (context) => {
        const { datasets } = context.deps.store;
        const { id: datasetId } = await datasetOf(context);
        const { items, nextCursor } = await datasets.versions({ datasetId, ...given(context.query) });
        const tags = await datasets.tags(datasetId);
        return ok({ items: items.map((version) => datasetVersionView(version, tags)), nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/versions/{version}',
      permission: 'read',
      tag: 'datasets',
      summary: 'One version, by number, tag or `latest`',
      params: versionParam,
      answers: { 200: { description: 'The version', schema: named.datasetVersion } },
      handle: async (context) => {
        const { datasets } = context.deps.store;
        const { id } = await datasetOf(context);
        return ok(datasetVersionView(await datasets.version(id, context.params.version), await datasets.tags(id)));
      },
    }),
    ...contentRoutes(),
    ...tagRoutes(),
  ];
}

function contentRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/versions/{version}/diff',
      permission: 'read',
      tag: 'datasets',
      summary: 'Files that differ from another version, by path',
      params: versionParam,
      query: z.strictObject({
        ...longPageQuery,
        from: datasetVersionRefSchema
          .optional()
          .meta({ description: 'Compare with this one; the parent when absent.' }),
      }),
      answers: { 200: { description: 'One page', schema: pageSchema(datasetDiffItemSchema) } },
      handle: async (context) => {
        const { from, cursor, limit } = context.query;
        const { datasets } = context.deps.store;
        const { id } = await datasetOf(context);
        const version = await datasets.version(id, context.params.version);
        const base = from ?? (version.parent === null ? null : String(version.parent));
        const after = cursor === undefined ? null : (decodeCursor(cursor, 1)[0] ?? null);
        const before = base === null ? null : await datasets.version(id, base);
        const { items, isMore } = await datasets.diff(before, version, { after, limit });
        const last = items.at(-1);
        const nextCursor = isMore && last !== undefined ? encodeCursor([last.path]) : null;
        return ok({ items: items.map(datasetDiffItem), nextCursor });
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/dataset-contents/missing',
      permission: 'write',
      tag: 'datasets',
      summary: 'Which contents are not stored, with a signed request to store each',
      body: contentsRequestSchema,
      answers: { 200: { description: 'The missing ones', schema: contentsAnswerSchema } },
      handle: missing,
    }),
  ];
}

function tagRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/tags',
      permission: 'read',
      tag: 'datasets',
      summary: 'Tags of a dataset, at most 200',
      params: datasetParam,
      answers: { 200: { description: 'All of them', schema: z.object({ items: z.array(datasetTagViewSchema) }) } },
      handle: async (context) => {
        const { id } = await datasetOf(context);
        return ok({ items: (await context.deps.store.datasets.tags(id)).map(datasetTagView) });
      },
    }),
    route({
      method: 'put',
      path: '/api/v1/datasets/{dataset}/tags/{tag}',
      permission: 'write',
      tag: 'datasets',
      summary: 'Set a tag to a version',
      params: tagParam,
      body: setTagSchema,
      answers: { 204: { description: 'Set' } },
      handle: (context) => setTag(context, context.body.version),
    }),
    route({
      method: 'delete',
      path: '/api/v1/datasets/{dataset}/tags/{tag}',
      permission: 'write',
      tag: 'datasets',
      summary: 'Remove a tag',
      params: tagParam,
      answers: { 204: { description: 'Removed' } },
      handle: (context) => setTag(context, null),
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/tag-history',
      permission: 'read',
      tag: 'datasets',
      summary: 'Every move of a tag, newest first',
      params: datasetParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(datasetTagMoveSchema) } },
      handle: async (context) => {
        const { id: datasetId } = await datasetOf(context);
        const { items, nextCursor } = await context.deps.store.datasets.tagMoves({
          datasetId,
          ...given(context.query),
        });
        return ok({ items: items.map(datasetTagMoveView), nextCursor });
      },
    }),
  ];
}
