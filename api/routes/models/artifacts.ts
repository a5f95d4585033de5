import { modelFormats, objectKeys } from '@artenic/core';
import { z } from 'zod';
import { storeModelFile } from '../../../app/models/artifact.ts';
import { ArtenicError } from '../../../core/errors.ts';
import type { ModelVersionRecord } from '../../../store/types.ts';
import { fileBodyTypes, fileOf } from '../../http/file-body.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { objectAnswers, objectReply } from '../../http/object-reply.ts';
import { storeByHash } from '../../http/store-by-hash.ts';
import { byId, formatOf, modelRefParam, olderVersionSchema, resolveModel } from '../../older/models.ts';
import { forgetTargets } from '../../predictions/targets.ts';
import { versionParam } from '../../schemas.ts';

async function send(context: Context<unknown, unknown, unknown>, version: ModelVersionRecord): Promise<Reply> {
  const { deps, request } = context;
  const { model, version: number, format, sha256 } = version;
  if (sha256 === null) throw new ArtenicError('not-found', `Version ${number} of ${model} has no file yet.`);
  const key = objectKeys.model(sha256);
  const stored = await deps.storage.head(key);
  if (stored === null) throw new ArtenicError('not-found', `The file of ${model} ${number} is gone.`);
  return objectReply(deps, request, stored, {
    etag: `"${sha256}"`,
    'content-disposition': `attachment; filename="${model}-${number}${format === 'onnx' ? '.onnx' : ''}"`,
  });
}

const putQuery = z.strictObject({
  format: z
    .enum(modelFormats)
    .optional()
    .meta({ description: 'The version’s framework, when it has a format of its own, else ONNX.' }),
});

async function store(
  context: Context<unknown, z.output<typeof putQuery>, unknown>,
  version: ModelVersionRecord,
): Promise<Reply> {
  const { deps, request, query, principal } = context;
  const { content } = await fileOf(request, deps.limits.uploadBytes);
  const { sha256 } = await storeByHash(deps, content, objectKeys.model);
  const format = query.format ?? formatOf(version.framework);
  const input = { principal: principal(), model: version.model, version: version.version, sha256, format };
  const changed = await storeModelFile(deps, input, async () => {
    if (format === 'onnx') return deps.predictor.inspect(sha256);
    await deps.predictor.scan(sha256, format);
    return { inputs: [], outputs: [], labels: null };
  });
  forgetTargets(deps);
  return ok(byId(changed));
}

/** Routes for the file of a version; the first of each pair is the earlier platform's. */
export function artifactRoutes(): readonly Route[] {
  const get = {
    method: 'get',
    permission: 'read',
    tag: 'models',
    answers: objectAnswers,
  } as const;
  const put = {
    method: 'put',
    permission: 'write',
    tag: 'models',
    query: putQuery,
    bodyKind: 'stream',
    bodyTypes: fileBodyTypes,
    answers: { 200: { description: 'The version', schema: olderVersionSchema } },
  } as const;
  const [older, own] = ['/api/v1/models/{name}/artifact', '/api/v1/models/{name}/versions/{version}/artifact'];
  return [
    route({
      ...{ ...get, path: older, deprecated: true, params: modelRefParam },
      summary: 'Download the model file (older path)',
      handle: async (context) => {
        const { projectId } = context.principal();
        return send(context, (await resolveModel(context.deps, projectId, context.params.name)).version);
      },
    }),
    route({
      ...{ ...put, path: older, deprecated: true, params: modelRefParam },
      summary: 'Store the file of a version without one (older path)',
      handle: async (context) => {
        const { projectId } = context.principal();
        return store(context, (await resolveModel(context.deps, projectId, context.params.name, true)).version);
      },
    }),
    route({
      ...{ ...get, path: own, params: versionParam },
      summary: 'Download the model file, or a range of it',
      handle: async (context) => {
        const { name, version } = context.params;
        return send(context, await context.deps.store.models.getVersion(context.principal().projectId, name, version));
      },
    }),
    route({
      ...{ ...put, path: own, params: versionParam },
      summary: 'Store the file of a version without one; a file never changes',
      handle: async (context) => {
        const { name, version } = context.params;
        return store(context, await context.deps.store.models.getVersion(context.principal().projectId, name, version));
      },
    }),
  ];
}
