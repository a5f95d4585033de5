import type { Request } from 'express';
import { ArtenicError } from '../../core/errors.ts';
import { tokenHashOf } from '../../store/access/tokens.ts';
import type { ProjectPrincipal } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { parseKey, sameHash } from '../../app/access/keys.ts';
import { checkWebhook } from '../../app/signals/webhook-signature.ts';
import { principalOfSession } from '../http/sessions.ts';

/** Loopback by any of its names, without the port. */
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

function hostName(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

/** Refuses foreign `Host` headers (DNS rebinding) and foreign origins (other sites' scripts). */
export function checkOrigin(
  deps: Pick<ApiDeps, 'allowedHosts' | 'allowedOrigins'>,
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
): void {
  const host = hostName(headers.host ?? '');
  if (!loopback.test(host) && !deps.allowedHosts.includes(host)) {
    throw new ArtenicError(
      'forbidden',
      `The host name "${host.slice(0, 255)}" is not allowed; add it to ARTENIC_ALLOWED_HOSTS.`,
    );
  }
  const { origin } = headers;
  if (origin === undefined) return;
  const own = URL.canParse(origin) && new URL(origin).host.toLowerCase() === (headers.host ?? '').toLowerCase();
  if (!own && !deps.allowedOrigins.includes(origin)) {
    throw new ArtenicError('forbidden', 'This origin is not allowed; add it to ARTENIC_ALLOWED_ORIGINS.');
  }
}

const refusal = 'Send an API key as `Authorization: Bearer aa_live_…`; `npm start` writes one to .artenic/admin.key.';

export async function principalOfKey(deps: ApiDeps, text: string): Promise<ProjectPrincipal> {
  const parsed = parseKey(text);
  const key = parsed === null ? null : await deps.store.apiKeys.find(parsed.id);
  if (
    parsed === null ||
    key === null ||
    key.revokedAt !== null ||
    !sameHash(key.secretHash, tokenHashOf(deps.keyPepper, parsed.secret))
  ) {
    throw new ArtenicError('unauthorized', refusal);
  }
  return { kind: 'key', id: key.id, name: key.name, projectId: key.projectId };
}

/** How long a valid key is accepted without a query. A revoked key can still predict for this time. */
const latelyMs = 1000;
const maxLately = 10_000;
type Lately = Map<string, { readonly principal: ProjectPrincipal; readonly untilMs: number }>;
const lately = new WeakMap<ApiDeps, Lately>();

/** Like `principalOfKey`, but from memory if the same key was valid within the last second. */
export async function principalOfLately(deps: ApiDeps, text: string): Promise<ProjectPrincipal> {
  const known: Lately = lately.get(deps) ?? new Map();
  lately.set(deps, known);
  const entry = known.get(text);
  const nowMs = performance.now();
  if (entry !== undefined && nowMs < entry.untilMs) return entry.principal;
  const principal = await principalOfKey(deps, text);
  if (known.size >= maxLately) known.clear();
  known.set(text, { principal, untilMs: nowMs + latelyMs });
  return principal;
}

/** Principal of an API key, or of a session's cookie when no key is sent. */
export async function principalOfRequest(deps: ApiDeps, request: Request): Promise<ProjectPrincipal> {
  if (request.headers.authorization !== undefined) return principalOfKey(deps, bearerOf(request));
  const session = await principalOfSession(deps, request.method, request.headers);
  if (session === null) throw new ArtenicError('unauthorized', refusal);
  const { id, name, projectId } = session;
  return { kind: 'session', id, name, projectId };
}

/** Whether the request is signed and has no API key. */
export function isWebhook({ headers }: Request): boolean {
  return headers.authorization === undefined && headers['webhook-signature'] !== undefined;
}

/** A sender with a webhook secret acts for the installation's default project. */
export function principalOfWebhook(deps: ApiDeps, request: Request, body: Uint8Array): ProjectPrincipal {
  checkWebhook(deps.webhookKeys, request.headers, body, deps.now());
  return { kind: 'webhook', id: 'webhook', name: 'webhook', projectId: 'default' };
}

export function bearerOf(request: Request): string {
  const match = /^Bearer ([^\s]{1,512})$/i.exec(request.headers.authorization ?? '');
  if (match?.[1] === undefined) throw new ArtenicError('unauthorized', refusal);
  return match[1];
}
