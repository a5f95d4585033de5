import { datasetVersionRefSchema, entityIdSchema, seenModelsSchema } from '@artenic/core';
import { z } from 'zod';
import { modelsThatSaw, type SeenQuery } from '../../../app/lineage/seen.ts';
import { ArtenicError } from '../../../core/errors.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { pageLimit } from '../../schemas.ts';
import { pathOf } from '../datasets/datasets.ts';

const fileQuery = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a SHA-256 as 64 lower-case hexadecimal digits')
    .optional()
    .meta({ description: 'A content, wherever it is. Or give `dataset` and `path`.' }),
  dataset: entityIdSchema.optional().meta({ description: 'Name or id of the dataset with the path.' }),
  path: z.string().min(1).max(1024).optional(),
  version: datasetVersionRefSchema.optional().meta({ description: 'Only the file of this version; all when absent.' }),
  production: z.enum(['true', 'false']).default('false').meta({ description: 'Only versions in production.' }),
  limit: pageLimit(1, 1000).default(200),
});

function fileOf({ sha256, dataset, path, version }: z.output<typeof fileQuery>): SeenQuery['file'] {
  if (sha256 !== undefined && dataset === undefined && path === undefined && version === undefined) return { sha256 };
  if (sha256 === undefined && dataset !== undefined && path !== undefined)
    return { dataset, path: pathOf(path), version: version ?? null };
  throw new ArtenicError('validation-failed', 'Give either `sha256`, or `dataset` and `path`.');
}

export function fileLineageRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/lineage/file/models',
      permission: 'read',
      tag: 'lineage',
      summary: 'Which models saw a file, and which of them are in production',
      query: fileQuery,
      answers: { 200: { description: 'Model versions', schema: seenModelsSchema } },
      handle: async ({ deps, query, principal }) => {
        const { projectId } = principal();
        const stage = query.production === 'true' ? 'production' : null;
        const seen = await modelsThatSaw(deps.store, { projectId, file: fileOf(query), stage, limit: query.limit });
        return ok({ models: seen.items, truncated: seen.isTruncated });
      },
    }),
  ];
}
