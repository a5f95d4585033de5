import {
  datasetStatsSchema,
  datasetVersionRefSchema,
  fileProfileSchema,
  mostPreviewRows,
  previewSchema,
  type DatasetPreview,
} from '@artenic/core';
import { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import { decodeCursor, encodeCursor } from '../../../store/cursors.ts';
import type { DatasetVersionRecord } from '../../../store/types.ts';
import { filterOf, sortOf } from '../../datasets/preview-query.ts';
import { fileProfileView, fileStatsView, fileToShow, profilesOf, runView, tableOf } from '../../datasets/profiles.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { datasetParam, longPageQuery, offsetNumber, pageLimit } from '../../schemas.ts';
import { datasetOf, pathOf } from './datasets.ts';

const versionQuery = {
  version: datasetVersionRefSchema.default('latest').meta({ description: '`latest`, a number or a tag.' }),
};
const path = z.string().min(1).max(1024);
const statsQuery = z.strictObject({ ...longPageQuery, ...versionQuery });
const shownPath = path.optional().meta({ description: 'The first table of the version when absent.' });
const profileQuery = z.strictObject({ path: shownPath, ...versionQuery });
const columnText = z.string().min(1).max(1001);
const previewQuery = z.strictObject({
  ...versionQuery,
  path: shownPath,
  limit: pageLimit(1, mostPreviewRows).default(50),
  offset: offsetNumber.default(0),
  sort: columnText.optional().meta({ description: 'A column; with `-` before it from the greatest value.' }),
  filter: z.string().min(1).max(3000).optional().meta({
    description:
      '`column:operator:value` with `eq`, `ne`, `lt`, `le`, `gt`, `ge` or `contains`; `column:null` and `column:notnull`.',
  }),
  search: z.string().min(1).max(500).optional().meta({
    description: 'Text in any column of texts, whole numbers or dates, in either case.',
  }),
});

type Versioned = { readonly version: string };
async function versionOf(
  context: Context<{ readonly dataset: string }, Versioned, unknown>,
): Promise<DatasetVersionRecord> {
  const { id } = await datasetOf(context);
  return context.deps.store.datasets.version(id, context.query.version);
}

async function stats(
  context: Context<z.output<typeof datasetParam>, z.output<typeof statsQuery>, unknown>,
): Promise<Reply> {
  const { store } = context.deps;
  const { cursor, limit } = context.query;
  const version = await versionOf(context);
  const after = cursor === undefined ? null : (decodeCursor(cursor, 1)[0] ?? null);
  const run = await store.profiles.run(version.datasetId, version.version);
  const found = await store.datasets.files(version, { folder: '', after, limit: limit + 1 });
  const items = await profilesOf(context.deps, found.slice(0, limit), run);
  const last = items.at(-1);
  return ok({
    ...{ version: version.version, files: version.files, bytes: version.bytes },
    profiles: runView(run),
    items: items.map(fileStatsView),
    nextCursor: found.length > limit && last !== undefined ? encodeCursor([last.file.path]) : null,
  });
}

async function shown(context: Context<{ readonly dataset: string }, Versioned, unknown>, wanted: string | undefined) {
  const { deps } = context;
  const version = await versionOf(context);
  const file = await fileToShow(deps, version, wanted === undefined ? null : pathOf(wanted));
  const run = await deps.store.profiles.run(version.datasetId, version.version);
  const [known] = await profilesOf(deps, [file], run);
  if (known === undefined) throw new ArtenicError('internal', 'A file has no place in the list of its profiles.');
  return { version, known };
}

function wrongColumn(part: string, text: string, columns: ReadonlySet<string>): ArtenicError {
  const some = [...columns].slice(0, 20);
  const names = `${some.join(', ')}${columns.size > some.length ? ', …' : ''}`;
  return new ArtenicError('validation-failed', `${part} ${JSON.stringify(text)} names no column; there are ${names}.`, {
    errors: [{ pointer: `/${part}`, message: `names no column; there are ${names}` }],
  });
}

type PreviewContext = Context<z.output<typeof datasetParam>, z.output<typeof previewQuery>, unknown>;

async function preview(context: PreviewContext): Promise<Reply> {
  const { deps, query } = context;
  const { limit, offset, sort, filter, search = null } = query;
  const { version, known } = await shown(context, query.path);
  const { profile, source } = tableOf(known);
  const names = new Set(profile.columns.map(({ name }) => name));
  const sorted = sort === undefined ? null : sortOf(sort, names);
  if (sort !== undefined && sorted === null) throw wrongColumn('sort', sort, names);
  const filtered = filter === undefined ? null : filterOf(filter, names);
  if (filter !== undefined && filtered === null) throw wrongColumn('filter', filter, names);
  const head = { version: version.version, path: known.file.path, offset };
  if (profile.columns.length === 0)
    return ok({ ...head, columns: [], columnsLeftOut: 0, rows: [], total: 0, nextOffset: null });
  const page = await deps.previews.page(source, { offset, limit, sort: sorted, filter: filtered, search });
  const next = offset + page.rows.length;
  const answer = { ...head, ...page, nextOffset: page.rows.length > 0 && next < page.total ? next : null };
  return ok(answer satisfies { readonly [Name in keyof DatasetPreview]: unknown });
}

export function datasetProfileRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/stats',
      permission: 'read',
      tag: 'datasets',
      summary: 'Files of a version with rows, columns, sizes and media types',
      params: datasetParam,
      query: statsQuery,
      answers: { 200: { description: 'One page of files', schema: datasetStatsSchema } },
      handle: stats,
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/profile',
      permission: 'read',
      tag: 'datasets',
      summary: 'Schema and statistics of a file',
      params: datasetParam,
      query: profileQuery,
      answers: { 200: { description: 'The profile', schema: fileProfileSchema } },
      handle: async (context) => ok(fileProfileView((await shown(context, context.query.path)).known)),
    }),
    route({
      method: 'get',
      path: '/api/v1/datasets/{dataset}/preview',
      permission: 'read',
      tag: 'datasets',
      summary: 'Rows of a file, with filter, search and order',
      params: datasetParam,
      query: previewQuery,
      answers: { 200: { description: 'One page of rows', schema: previewSchema } },
      handle: preview,
    }),
  ];
}
