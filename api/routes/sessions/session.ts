import { sessionViewSchema, signInLinkSchema, signInRequestSchema } from '@artenic/core';
import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from 'express';
import type { z } from 'zod';
import { ArtenicError, isArtenicError } from '../../../core/errors.ts';
import { systemPrincipal } from '../../../store/principal-scope.ts';
import { tokenHashOf } from '../../../store/access/tokens.ts';
import type { ProjectPrincipal } from '../../../store/types.ts';
import type { ApiDeps } from '../../deps.ts';
import { principalOfKey } from '../../middleware/access.ts';
import { ok, route, tokenLimit, type Reply, type Route } from '../../http/route.ts';
import { named } from '../../schemas.ts';
import {
  linkMinutes,
  makeToken,
  principalOfSession,
  sessionCookie,
  sessionDays,
  sessionTokenOf,
} from '../../http/sessions.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

type Maker = { readonly apiKeyId: string; readonly sessionHash: string | null };

async function makerOf(deps: ApiDeps, request: z.output<typeof signInRequestSchema>): Promise<Maker> {
  if ('apiKey' in request) return { apiKeyId: await ownerOfKey(deps, request.apiKey), sessionHash: null };
  const maker = await deps.store
    .as(systemPrincipal('sign-in'))
    .sessions.takeLink(tokenHashOf(deps.keyPepper, request.token), deps.now());
  if (maker === null)
    throw new ArtenicError(
      'unauthorized',
      'This link has expired or was used. Run `npx artenic dashboard` for a new one, or sign in with an API key.',
    );
  return maker;
}

async function ownerOfKey(deps: ApiDeps, apiKey: string): Promise<string> {
  try {
    return (await principalOfKey(deps, apiKey)).id;
  } catch (error) {
    // the general refusal explains a header that nobody types into a form
    if (!isArtenicError(error, 'unauthorized')) throw error;
    throw new ArtenicError('unauthorized', 'That API key is not valid.', { cause: error });
  }
}

/** Principal for a new session: the owner of the key, or of the key that made the link. */
async function principalOfMaker({ store }: ApiDeps, apiKeyId: string): Promise<ProjectPrincipal> {
  const key = await store.apiKeys.find(apiKeyId);
  if (key === null) throw new ArtenicError('unauthorized', 'The API key behind this sign-in is gone.');
  return { kind: 'session', id: key.id, name: key.name, projectId: key.projectId };
}

async function signIn(
  deps: ApiDeps,
  request: { readonly headers: IncomingHttpHeaders },
  body: z.output<typeof signInRequestSchema>,
): Promise<Reply> {
  const { apiKeyId, sessionHash: parentHash } = await makerOf(deps, body);
  const now = deps.now();
  const token = makeToken();
  const tokenHash = tokenHashOf(deps.keyPepper, token);
  const expiresAt = new Date(now.getTime() + sessionDays * dayMs);
  const principal = await principalOfMaker(deps, apiKeyId);
  await deps.store.transaction(principal, async ({ sessions, audit }) => {
    await sessions.open({ tokenHash, apiKeyId, parentHash, createdAt: now, expiresAt });
    await sessions.purge(new Date(now.getTime() - dayMs));
    await audit.append({ verb: 'session.open', subject: apiKeyId });
  });
  // The key may have been revoked meanwhile.
  if ((await deps.store.sessions.find(tokenHash, now)) === null)
    throw new ArtenicError('unauthorized', 'The API key behind this sign-in is revoked.');
  return {
    status: 200,
    body: {
      name: principal.name,
      projectId: principal.projectId,
      method: 'session',
      expiresAt: expiresAt.toISOString(),
    },
    headers: { 'set-cookie': sessionCookie(deps, request.headers, token), 'cache-control': 'no-store' },
  };
}

/**
 * A session's link ends with the session. A session that was opened by such a link makes no further links, so a stolen
 * cookie does not outlive the sign-out.
 */
async function makeLink(deps: ApiDeps, request: Request, principal: ProjectPrincipal): Promise<Reply> {
  const isByKey = request.headers.authorization !== undefined;
  const session = isByKey ? null : await principalOfSession(deps, request.method, request.headers);
  if (session !== null && session.parentHash !== null)
    throw new ArtenicError(
      'forbidden',
      'This browser was signed in by another one’s link: make the link there, or by `artenic dashboard`.',
    );
  const own = session === null ? null : sessionTokenOf(deps, request.headers);
  const token = makeToken();
  const expiresAt = new Date(deps.now().getTime() + linkMinutes * minuteMs);
  const link = {
    tokenHash: tokenHashOf(deps.keyPepper, token),
    sessionHash: own === null ? null : tokenHashOf(deps.keyPepper, own),
    apiKeyId: principal.id,
    expiresAt,
  };
  await deps.store.transaction(principal, async ({ sessions, audit }) => {
    await sessions.makeLink(link);
    await audit.append({ verb: 'link.make', subject: principal.id });
  });
  const body = { token, expiresAt: expiresAt.toISOString() };
  return { status: 201, body, headers: { 'cache-control': 'no-store' } };
}

function endSession(deps: ApiDeps, principal: ProjectPrincipal, token: string): Promise<void> {
  const [tokenHash, at] = [tokenHashOf(deps.keyPepper, token), deps.now()];
  return deps.store.transaction(principal, async ({ sessions, audit }) => {
    await sessions.revoke(tokenHash, at);
    await audit.append({ verb: 'session.end', subject: principal.id });
  });
}

const session = sessionViewSchema.meta({ id: 'Session' });

/** Routes for signing in to the dashboard. Every other client sends its API key and needs none of this. */
export function sessionRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/session/sign-in',
      permission: 'open',
      openLimit: tokenLimit,
      tag: 'sessions',
      summary: 'Sign in with a one-time link’s token or an API key; the response sets a cookie',
      body: signInRequestSchema,
      maxBytes: 4096,
      answers: {
        200: { description: 'Signed in', schema: session },
        401: {
          description: 'The link or the key does not hold',
          schema: named.problem,
          type: 'application/problem+json',
        },
      },
      handle: ({ deps, request, body }) => signIn(deps, request, body),
    }),
    route({
      method: 'get',
      path: '/api/v1/session',
      permission: 'read',
      tag: 'sessions',
      summary: 'The signed-in user',
      answers: { 200: { description: 'The session', schema: session } },
      handle: async ({ deps, request, principal }) => {
        const { name, projectId } = principal();
        const known =
          request.headers.authorization === undefined
            ? await principalOfSession(deps, request.method, request.headers)
            : null;
        return ok({
          name,
          projectId,
          method: known === null ? 'api-key' : 'session',
          expiresAt: known?.expiresAt.toISOString() ?? null,
        });
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/session/sign-out',
      permission: 'write',
      tag: 'sessions',
      summary: 'End the session of the cookie',
      answers: { 204: { description: 'Signed out' } },
      handle: async ({ deps, request, principal }) => {
        const token = sessionTokenOf(deps, request.headers);
        if (token !== null) await endSession(deps, principal(), token);
        return { status: 204, headers: { 'set-cookie': sessionCookie(deps, request.headers, null) } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/session/links',
      permission: 'write',
      tag: 'sessions',
      summary: 'Make a one-time link’s token for a browser',
      answers: { 201: { description: 'The token, which works once', schema: signInLinkSchema } },
      handle: ({ deps, principal, request }) => makeLink(deps, request, principal()),
    }),
  ];
}
