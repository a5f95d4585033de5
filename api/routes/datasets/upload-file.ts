import { objectKeys } from '@artenic/core';
import { z } from 'zod';
import { commitVersion } from '../../../app/datasets/commit.ts';
import { nothingMore } from '../../../app/within.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { fileBodyTypes, fileOf } from '../../http/file-body.ts';
import { route, type Context, type Reply, type Route } from '../../http/route.ts';
import { storeByHash } from '../../http/store-by-hash.ts';
import { datasetParam } from '../../schemas.ts';
import { mustBeAllowed } from '../../uploads/rules.ts';
import { datasetOf, pathOf } from './datasets.ts';

const uploadQuery = z.strictObject({
  path: z.string().min(1).max(1024).optional().meta({
    description: 'Path in the dataset; in a form also its field `path` before the file, or the name of the file.',
  }),
  message: z.string().max(2000).default('').meta({ description: 'Kept with the version.' }),
});

const uploadedFileSchema = z.object({
  path: z.string(),
  sha256: z.string(),
  bytes: z.number().int(),
  /** The version that has the file. */
  version: z.number().int(),
});

async function upload(
  context: Context<z.output<typeof datasetParam>, z.output<typeof uploadQuery>, unknown>,
): Promise<Reply> {
  const { deps, request, query, principal } = context;
  const { id: dataset } = await datasetOf(context);
  const { name, fields, content } = await fileOf(request, deps.uploads.requestBytes);
  const given = query.path ?? fields.get('path') ?? name;
  if (given === null || given === undefined || given === '')
    throw new ArtenicError('validation-failed', 'The file has no name: give `path` in the query.');
  const path = mustBeAllowed(deps.uploads, pathOf(given));
  const { sha256, bytes } = await storeByHash(deps, content, objectKeys.data);
  const what = { changes: { put: [{ path, sha256, bytes }], remove: [] } };
  const commit = {
    principal: principal(),
    dataset,
    expectedHead: null,
    message: query.message,
    what,
    sourceJobId: null,
  };
  const { version } = await commitVersion(deps, commit, nothingMore);
  const location = `/api/v1/datasets/${context.params.dataset}/versions/${version}`;
  return { status: 201, body: { path, sha256, bytes, version }, headers: { location } };
}

/** Upload of one file in one request. */
export function datasetUploadRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/datasets/{dataset}/files',
      permission: 'write',
      tag: 'datasets',
      summary: 'Store one file, as the body or in a form, and make a version with it',
      params: datasetParam,
      query: uploadQuery,
      bodyKind: 'stream',
      bodyTypes: fileBodyTypes,
      answers: { 201: { description: 'The file and its version', schema: uploadedFileSchema } },
      handle: upload,
    }),
  ];
}
