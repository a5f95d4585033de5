import { datasetEntrySchema, datasetVersionRefSchema, objectKeys, pageSchema } from '@artenic/core';
import { z } from 'zod';
import { commitVersion } from '../../../app/datasets/commit.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { decodeCursor, encodeCursor } from '../../../store/cursors.ts';
import type { DatasetVersionRecord } from '../../../store/types.ts';
import { folderArchive } from '../../datasets/folder-archive.ts';
import { datasetEntryView, datasetFileView, datasetVersionView } from '../../datasets/views.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { objectAnswers, objectReply } from '../../http/object-reply.ts';
import { datasetParam, longPageQuery, named } from '../../schemas.ts';
import { datasetOf, pathOf } from './datasets.ts';

const versionQuery = {
  version: datasetVersionRefSchema.default('latest').meta({ description: '`latest`, a number or a tag.' }),
};
const folderQuery = {
  folder: z.string().min(1).max(1024).optional().meta({ description: 'Only below this folder; all when absent.' }),
};
const fileParam = datasetParam.extend({ path: z.string().min(1).max(1024) });

type Versioned = { readonly version: string };
async function versionOf(
  context: Context<{ readonly dataset: string }, Versioned, unknown>,
): Promise<DatasetVersionRecord> {
  const { id } = await datasetOf(context);
  return context.deps.store.datasets.version(id, context.query.version);
}

const folderOf = (folder: string | undefined): string =>
  folder === undefined ? '' : pathOf(folder.replace(/\/$/, ''));

const listQuery = z.strictObject({
  ...longPageQuery,
  ...versionQuery,
  ...folderQuery,
  recursive: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'All files below the folder, without entries for folders.' }),
  prefix: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .meta({ description: 'Instead of a folder: all files whose paths start with this, in either case.' }),
});

async function list(context: Context<z.output<typeof datasetParam>, z.output<typeof listQuery>, unknown>) {
  const { datasets } = context.deps.store;
  const { cursor, limit, recursive } = context.query;
  const version = await versionOf(context);
  const after = cursor === undefined ? null : (decodeCursor(cursor, 1)[0] ?? null);
  const { folder, prefix } = context.query;
  if (prefix !== undefined && folder !== undefined)
    throw new ArtenicError('validation-failed', 'Give either `folder` or `prefix`, not both.');
  const page = { folder: folderOf(folder), after, limit: limit + 1 };
  const found =
    recursive === 'true' || prefix !== undefined
      ? (await datasets.files(version, prefix === undefined ? page : { ...page, prefix })).map((file) => ({
          kind: 'file' as const,
          ...datasetFileView(file),
        }))
      : (await datasets.folder(version, page)).map(datasetEntryView);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return ok({ items, nextCursor: found.length > limit && last !== undefined ? encodeCursor([last.path]) : null });
}

async function download(context: Context<z.output<typeof fileParam>, Versioned, unknown>): Promise<Reply> {
  const { deps, params, request } = context;
  const path = pathOf(params.path);
  const file = await deps.store.datasets.file(await versionOf(context), path);
  if (file === null)
    throw new ArtenicError('not-found', `Version ${context.query.version} has no file ${JSON.stringify(path)}.`);
  if (file.isPurged) throw new ArtenicError('purged', `The content of ${JSON.stringify(path)} was purged.`);
  const object = { key: objectKeys.data(file.sha256), bytes: file.bytes };
  return objectReply(deps, request, object, { etag: `"${file.sha256}"` });
}

async function removeFile(context: Context<z.output<typeof fileParam>, unknown, unknown>): Promise<Reply> {
  const { deps, params } = context;
  const path = pathOf(params.path);
  const { id } = await datasetOf(context);
  if ((await deps.store.datasets.file(await deps.store.datasets.version(id, 'latest'), path)) === null)
    throw new ArtenicError('not-found', `The newest version has no file ${JSON.stringify(path)}.`);
  const what = { changes: { put: [], remove: [path] } };
  const input = { principal: context.principal(), dataset: id, expectedHead: null, message: `Remove ${path}`, what };
  return commitVersion(deps, { ...input, sourceJobId: null }, async (repositories, version) =>
    ok(datasetVersionView(version, await repositories.datasets.tags(id))),
  );
}

export function datasetFileRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/files',
      permission: 'read',
      tag: 'datasets',
      summary: 'Files and folders of a version',
      params: datasetParam,
      query: listQuery,
      answers: { 200: { description: 'One page', schema: pageSchema(datasetEntrySchema) } },
      handle: list,
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/files/{path}',
      permission: 'read',
      tag: 'datasets',
      summary: 'Download a file of a version',
      params: fileParam,
      query: z.strictObject(versionQuery),
      answers: objectAnswers,
      handle: download,
    }),
    route({
      method: 'delete',
      path: '/api/v1/datasets/{dataset}/files/{path}',
      permission: 'write',
      tag: 'datasets',
      summary: 'Make a version without this file',
      params: fileParam,
      answers: { 200: { description: 'The new version', schema: named.datasetVersion } },
      handle: removeFile,
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/archive',
      permission: 'read',
      tag: 'datasets',
      summary: 'Download a folder of a version as a tar',
      params: datasetParam,
      query: z.strictObject({ ...versionQuery, ...folderQuery }),
      answers: { 200: { description: 'The tar', type: 'application/octet-stream' } },
      handle: async (context) => {
        const version = await versionOf(context);
        const folder = folderOf(context.query.folder);
        if ((await context.deps.store.datasets.folderSize(version, folder)) === null)
          throw new ArtenicError('not-found', `The version has no folder ${JSON.stringify(folder)}.`);
        const headers = { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' };
        return { status: 200, stream: folderArchive(context.deps, version, folder), headers };
      },
    }),
  ];
}
