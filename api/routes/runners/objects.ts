import {
  abortUploadSchema,
  beginUploadAnswerSchema,
  beginUploadSchema,
  checkpointKeysSchema,
  completeUploadSchema,
  datasetsOfData,
  longestManifestBytes,
  manifestAt,
  objectKeys,
  removeCheckpointSchema,
  signAnswerSchema,
  signRequestSchema,
  type ObjectRequest,
} from '@artenic/core';
import { z } from 'zod';
import { assertNever } from '../../../core/assert-never.ts';
import { ArtenicError, isArtenicError } from '../../../core/errors.ts';
import type { PartSigning, SignedRequest } from '../../../core/object-storage.ts';
import type { ApiDeps } from '../../deps.ts';
import { mustBeOpen } from '../../middleware/runner-access.ts';
import { ok, route, type Context, type Reply, type Route, type RunnerCaller } from '../../http/route.ts';
import { mayRead, mayWrite, sha256OfData } from '../../runners/scope.ts';

const lifeSeconds = {
  now: 3600,
  // Longer than any outage of the control plane should last; runners renew at half of it.
  ahead: 24 * 3600,
} as const;
/** Enough for a list of ten thousand parts. */
const partListBytes = 2_000_000;

function refuseForeign(isAllowed: boolean, key: string): void {
  if (!isAllowed) throw new ArtenicError('forbidden', `${JSON.stringify(key)} is not this attempt's.`);
}

/** Contents among the keys that belong to the job's datasets: one query for all of them. */
async function contentsOfDatasets(
  { store }: ApiDeps,
  caller: RunnerCaller,
  requests: readonly ObjectRequest[],
): Promise<ReadonlySet<string>> {
  if (datasetsOfData(caller.job.spec.data).length === 0) return new Set();
  const sha256s = requests.flatMap(({ kind, key }) => {
    const sha256 = kind === 'get' ? sha256OfData(key) : null;
    return sha256 === null ? [] : [sha256];
  });
  return sha256s.length === 0 ? new Set() : store.datasets.contentsOfJob(caller.job.id, sha256s);
}

function mustBeReadable(caller: RunnerCaller, key: string, ofDatasets: ReadonlySet<string>): void {
  if (mayRead(caller, key)) return;
  const sha256 = sha256OfData(key);
  if (sha256 !== null && ofDatasets.has(sha256)) return;
  // A runner takes a refusal of its credential for a fault that passes.
  if (sha256 !== null && datasetsOfData(caller.job.spec.data).length > 0)
    throw new ArtenicError('purged', `${key} does not belong to the job's datasets, or was purged from them.`);
  refuseForeign(false, key);
}

async function signAll({
  deps,
  body,
  runner,
}: Context<unknown, unknown, z.output<typeof signRequestSchema>>): Promise<Reply> {
  const caller = runner();
  mustBeOpen(caller);
  const expiresInSeconds = lifeSeconds[body.use];
  const ofDatasets = await contentsOfDatasets(deps, caller, body.requests);
  const requests = [];
  for (const request of body.requests)
    requests.push(await sign(deps, caller, request, { expiresInSeconds, ofDatasets }));
  return ok({ requests });
}

function partsOf(deps: ApiDeps): PartSigning {
  if (deps.signing.parts === null) throw new ArtenicError('conflict', 'This storage takes objects whole.');
  return deps.signing.parts;
}

function sign(
  deps: ApiDeps,
  caller: RunnerCaller,
  request: ObjectRequest,
  { expiresInSeconds, ofDatasets }: { readonly expiresInSeconds: number; readonly ofDatasets: ReadonlySet<string> },
): Promise<SignedRequest> {
  const { key } = request;
  if (request.kind === 'get') mustBeReadable(caller, key, ofDatasets);
  else refuseForeign(mayWrite(caller, key), key);
  switch (request.kind) {
    case 'get':
      return deps.signing.signGet(key, { expiresInSeconds });
    case 'put':
      return deps.signing.signPut(key, {
        expiresInSeconds,
        ...(request.content === undefined ? {} : { content: request.content }),
      });
    case 'part':
      return partsOf(deps).signPart(key, request.uploadId, {
        ...request.content,
        partNumber: request.partNumber,
        expiresInSeconds,
      });
    default:
      return assertNever(request);
  }
}

/**
 * Removes the manifest first: a checkpoint without a manifest does not exist, so a partly removed checkpoint is never
 * restored.
 */
async function removeCheckpoint({ storage }: ApiDeps, { attempt }: RunnerCaller, sequence: number): Promise<Reply> {
  const manifestKey = objectKeys.checkpointManifest(attempt.jobId, attempt.attempt, sequence);
  const spares = objectKeys.spares(attempt.jobId, attempt.attempt);
  let elsewhere: readonly string[] = [];
  try {
    const text = new TextDecoder().decode(await storage.read(manifestKey, longestManifestBytes));
    // The spare files of a checkpoint with a damaged manifest can still be removed.
    const files = manifestAt(manifestKey, text)?.files ?? [];
    elsewhere = files.flatMap(({ key }) => (key.startsWith(spares) ? [key] : []));
  } catch (error) {
    // The manifest is removed already, or it is too long for any reader.
    if (!isArtenicError(error, 'not-found') && !isArtenicError(error, 'payload-too-large')) throw error;
  }
  await storage.delete(manifestKey);
  const beside = await storage.list(objectKeys.checkpoint(attempt.jobId, attempt.attempt, sequence));
  for (const key of [...beside, ...elsewhere]) await storage.delete(key);
  return ok({});
}

/** Object storage for runners that reach it by signed requests only. A fenced-off attempt gets none. */
export function runnerObjectRoutes(): readonly Route[] {
  const common = { method: 'post', permission: 'runner', tag: 'runner' } as const;
  const done = { 200: { description: 'Done', schema: z.object({}) } } as const;
  return [
    route({
      ...common,
      path: '/api/v1/runner/objects/sign',
      summary: "Sign requests to object storage, for this attempt's objects only",
      body: signRequestSchema,
      answers: { 200: { description: 'Signed, in their order', schema: signAnswerSchema } },
      handle: signAll,
    }),
    route({
      ...common,
      path: '/api/v1/runner/objects/uploads',
      summary: 'Start an object in parts, when the storage requires parts for its size',
      body: beginUploadSchema,
      answers: { 200: { description: 'The offset to continue from', schema: beginUploadAnswerSchema } },
      handle: async ({ deps, body: { key, bytes }, runner }) => {
        const caller = runner();
        mustBeOpen(caller);
        refuseForeign(mayWrite(caller, key), key);
        const { parts } = deps.signing;
        if (parts === null) return ok({ upload: null });
        return ok({ upload: { ...(await parts.begin(key)), partBytes: parts.partBytesFor(bytes) } });
      },
    }),
    route({
      ...common,
      path: '/api/v1/runner/objects/uploads/complete',
      summary: 'Make an object in parts visible',
      body: completeUploadSchema,
      maxBytes: partListBytes,
      answers: done,
      handle: async ({ deps, body: { key, uploadId, parts }, runner }) => {
        const caller = runner();
        mustBeOpen(caller);
        refuseForeign(mayWrite(caller, key), key);
        await partsOf(deps).complete(key, uploadId, parts);
        return ok({});
      },
    }),
    route({
      ...common,
      path: '/api/v1/runner/objects/uploads/abort',
      summary: 'Throw away the parts of an object',
      body: abortUploadSchema,
      answers: done,
      handle: async ({ deps, body: { key, uploadId }, runner }) => {
        refuseForeign(mayWrite(runner(), key), key);
        await partsOf(deps).abort(key, uploadId);
        return ok({});
      },
    }),
    route({
      ...common,
      path: '/api/v1/runner/objects/checkpoints',
      summary: "Keys of the job's checkpoints",
      body: z.strictObject({}),
      answers: { 200: { description: 'The keys', schema: checkpointKeysSchema } },
      handle: async ({ deps, runner }) =>
        ok({ keys: await deps.storage.list(objectKeys.checkpointPrefix(runner().attempt.jobId)) }),
    }),
    route({
      ...common,
      path: '/api/v1/runner/objects/checkpoints/remove',
      summary: "Remove one of this attempt's own checkpoints",
      body: removeCheckpointSchema,
      answers: done,
      handle: ({ deps, body, runner }) => removeCheckpoint(deps, runner(), body.sequence),
    }),
  ];
}
