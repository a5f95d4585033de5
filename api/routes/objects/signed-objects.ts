import { z } from 'zod';
import { ArtenicError, errorTable, isArtenicError } from '../../../core/errors.ts';
import { attemptIdOf } from '../../../core/ids.ts';
import type { SignedContent } from '../../../core/object-storage.ts';
import type { ApiDeps } from '../../deps.ts';
import { objectAnswers, objectReply } from '../../http/object-reply.ts';
import { streamBody } from '../../middleware/body.ts';
import { writerOf } from '../../runners/scope.ts';
import { route, tokenLimit, type Context, type Reply, type Route } from '../../http/route.ts';

const path = '/api/v1/signed-objects/{path}';
const params = z.strictObject({ path: z.string().min(1).max(1024) });
const number = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const query = z.strictObject({
  expires: number,
  bytes: number.optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  signature: z.string().min(1).max(128),
});
type Signed = Context<z.output<typeof params>, z.output<typeof query>, unknown>;

/** Most bytes that S3 accepts in one request, for content without a required length. */
const maxAnyBytes = 5 * 1024 ** 3;

function claimsOf(
  deps: ApiDeps,
  method: 'GET' | 'PUT',
  { params: { path: key }, query: claims }: Signed,
): SignedContent | null {
  if (deps.ownUrls === null)
    throw new ArtenicError('not-found', 'Signed requests go to the object storage itself in this installation.');
  return deps.ownUrls.verify(method, key, claims);
}

async function download(context: Signed): Promise<Reply> {
  const {
    deps,
    params: { path: key },
    request,
  } = context;
  claimsOf(deps, 'GET', context);
  const head = await deps.storage.head(key);
  if (head === null) throw new ArtenicError('not-found', 'There is no such object.');
  return objectReply(deps, request, head);
}

/**
 * A signed request may outlive its attempt: an attempt that has ended, or that a newer attempt has fenced off, may not
 * replace its objects. While PostgreSQL is away this cannot be checked, and the signature alone decides.
 */
async function mustBeWanted({ store, logger }: ApiDeps, key: string): Promise<void> {
  const writer = writerOf(key);
  if (writer === null) return;
  try {
    const { state } = await store.attempts.get(attemptIdOf(writer.jobId, writer.attempt));
    const { currentAttempt } = await store.jobs.get(writer.jobId);
    if (state !== 'ended' && currentAttempt <= writer.attempt) return;
  } catch (error) {
    if (isArtenicError(error, 'not-found')) throw new ArtenicError('forbidden', 'There is no such attempt.');
    if (!isArtenicError(error) || !errorTable[error.type].retryable) throw error;
    logger.warn({ err: error, key }, 'stored by signature alone');
    return;
  }
  throw new ArtenicError('forbidden', 'The attempt that this request was signed for has ended.');
}

async function upload(context: Signed): Promise<Reply> {
  const {
    deps,
    params: { path: key },
    request,
  } = context;
  const content = claimsOf(deps, 'PUT', context);
  const length = request.headers['content-length'];
  if (content !== null && length !== undefined && Number(length) !== content.bytes)
    throw new ArtenicError('forbidden', `This signed request is for ${content.bytes} bytes.`);
  await mustBeWanted(deps, key);
  const body = streamBody(request, content?.bytes ?? maxAnyBytes);
  await deps.storage.put(key, body, content === null ? {} : { sha256: content.sha256 });
  return { status: 200 };
}

/**
 * Routes for objects by signed requests of this API, for machines that cannot reach the storage. The signature is the
 * permission.
 */
export function signedObjectRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path,
      permission: 'open',
      openLimit: tokenLimit,
      tag: 'objects',
      summary: 'Download by a signed request',
      params,
      query,
      answers: objectAnswers,
      handle: download,
    }),
    route({
      method: 'put',
      path,
      permission: 'open',
      openLimit: tokenLimit,
      tag: 'objects',
      summary: 'Upload by a signed request',
      params,
      query,
      bodyKind: 'stream',
      answers: { 200: { description: 'Stored' } },
      handle: upload,
    }),
  ];
}
