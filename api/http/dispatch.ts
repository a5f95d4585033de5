import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { resolveJobId } from '../../app/jobs/find.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { ProjectPrincipal } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { exactly } from './exact-length.ts';
import { parsePart } from './input-errors.ts';
import {
  bearerOf,
  isWebhook,
  principalOfLately,
  principalOfRequest,
  principalOfWebhook,
} from '../middleware/access.ts';
import { checkValue, decodeText, mediaTypeOf, parseJson, readBody } from '../middleware/body.ts';
import { holdKey } from '../middleware/idempotency.ts';
import { callerOfToken } from '../middleware/runner-access.ts';
import type { Overload } from '../middleware/overload.ts';
import type { Context, Reply, Route, RunnerCaller } from './route.ts';

async function readRouteBody(deps: ApiDeps, route: Route, request: Request): Promise<Buffer> {
  if (route.bodyKind === 'none' || route.bodyKind === 'stream') return Buffer.alloc(0);
  const body = await readBody(request, route.maxBytes ?? deps.limits[route.limit]);
  const type = mediaTypeOf(request);
  // Triton's own client sends no content type.
  const isUntold = type === '' && route.tag === 'inference';
  if (body.length > 0 && !isUntold && !route.bodyTypes.includes(type)) {
    throw new ArtenicError('unsupported-media-type', `Send ${route.bodyTypes.join(' or ')}.`);
  }
  return body;
}

function parseBody(route: Route, bytes: Buffer): unknown {
  if (route.bodyKind !== 'json') return bytes;
  const value = bytes.length === 0 ? {} : parseJson(decodeText(bytes));
  checkValue(value);
  return route.bodySchema === null ? value : parsePart('The body', route.bodySchema, value);
}

function parseAddress(route: Route, request: Request): { readonly params: unknown; readonly query: unknown } {
  // Express parses the query again at every access.
  const query = request.url.includes('?') ? { ...request.query } : {};
  const address = { params: flatParams(request.params), query };
  checkValue(address);
  return {
    params: route.params === null ? address.params : parsePart('The path', route.params, address.params),
    query: route.query === null ? address.query : parsePart('The query', route.query, address.query),
  };
}

/** Routes with thousands of requests a second, where a query per request would be too expensive. */
export function isHot({ tag }: Route): boolean {
  return tag === 'predictions' || tag === 'inference';
}

const goneCodes: ReadonlySet<unknown> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']);

async function sendStream(response: Response, stream: AsyncIterable<Uint8Array>): Promise<void> {
  const length = response.getHeader('content-length');
  try {
    await pipeline(Readable.from(length === undefined ? stream : exactly(stream, Number(length))), response);
  } catch (error) {
    // The client has disconnected, so no answer can be sent.
    if (!(error instanceof Error && 'code' in error && goneCodes.has(error.code))) throw error;
  }
}

async function send(response: Response, reply: Reply): Promise<void> {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.status(reply.status);
  if (reply.stream !== undefined) return sendStream(response, reply.stream);
  if (reply.body === undefined || reply.body === null) return void response.end();
  if (typeof reply.body === 'string' || reply.body instanceof Uint8Array) return void response.send(reply.body);
  // Express's `json()` computes freshness and the ETag even when they are turned off.
  const text = JSON.stringify(reply.body);
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

/** Access check, body, idempotency, parsing, one handler call, answer: the same for every route. */
export async function dispatch(
  { deps, overload }: { readonly deps: ApiDeps; readonly overload: Overload },
  route: Route,
  request: Request,
  response: Response,
): Promise<void> {
  response.locals['route'] = route.path;
  let principal: ProjectPrincipal | null = null;
  let runner: RunnerCaller | null = null;
  const isSigned = route.permission === 'webhook' && isWebhook(request);
  if (route.permission === 'read' || route.permission === 'write' || (route.permission === 'webhook' && !isSigned))
    principal = await (isHot(route) && request.headers.authorization !== undefined
      ? principalOfLately(deps, bearerOf(request))
      : principalOfRequest(deps, request));
  if (route.permission === 'runner') runner = await callerOfToken(deps, bearerOf(request));
  if (principal !== null) response.locals['caller'] = `${principal.kind}:${principal.id}`;
  if (runner !== null) response.locals['caller'] = `runner:${runner.attempt.id}`;
  const { params, query } = parseAddress(route, request);
  const bytes = await readRouteBody(deps, route, request);
  if (isSigned) principal = principalOfWebhook(deps, request, bytes);
  if (principal !== null && !isHot(route)) {
    const requestId = deps.newId();
    response.setHeader('x-request-id', requestId);
    principal = { ...principal, requestId };
  }
  const whole = route.namesJob && principal !== null ? await withWholeId(deps, principal, params) : params;
  const hold = principal !== null && route.idempotent ? await holdKey(deps, request, principal, bytes) : null;
  if (hold !== null && 'status' in hold) return send(response, hold);
  const context = {
    deps,
    params: whole,
    query,
    request,
    response,
    principal: () => present(principal),
    runner: () => present(runner),
    remember: hold?.remember ?? (() => Promise.resolve()),
  };
  let reply: Reply;
  try {
    const given = { ...context, body: parseBody(route, bytes) } as unknown as Context<never, never, never>;
    reply = await overload.count(route, () => route.handle(given));
    await hold?.settle(reply);
  } catch (error) {
    await hold?.release();
    throw error;
  }
  await send(response, reply);
  await reply.after?.();
}

/** The parameters of a path with the whole id of the job, in place of its beginning or end. */
async function withWholeId(deps: ApiDeps, principal: ProjectPrincipal, params: unknown): Promise<unknown> {
  const { id, ...rest } = params as { readonly id: string };
  return { ...rest, id: await resolveJobId(deps.store, principal, id) };
}

/** Express gives wildcard parameters as lists; this joins them with slashes. */
function flatParams(params: Request['params']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]),
  );
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('this route has no such caller');
  return value;
}
