import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ArtenicError } from '../../core/errors.ts';
import { tokenHashOf } from '../../store/access/tokens.ts';
import type { ApiDeps } from '../deps.ts';

export const sessionDays = 14;
export const linkMinutes = 15;

/** 256 random bits; the database holds only their hash under the pepper. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Whether browsers use HTTPS, by the public address and not by the connection: behind a proxy the connection is plain
 * HTTP.
 */
function isSecure({ publicUrl }: Pick<ApiDeps, 'publicUrl'>): boolean {
  return publicUrl?.startsWith('https:') ?? false;
}

/**
 * With HTTPS the `__Host-` name, which browsers let no other host and no plain HTTP page set. Without HTTPS the name
 * holds the port: browsers share cookies between a host's ports, and two stacks on one machine must not sign each other
 * out.
 */
function cookieName(deps: Pick<ApiDeps, 'publicUrl'>, headers: IncomingHttpHeaders): string {
  if (isSecure(deps)) return '__Host-artenic-session';
  const port = /:(\d{1,5})$/.exec(headers.host ?? '')?.[1];
  return port === undefined ? 'artenic-session' : `artenic-session-${port}`;
}

export function sessionTokenOf(deps: Pick<ApiDeps, 'publicUrl'>, headers: IncomingHttpHeaders): string | null {
  const name = cookieName(deps, headers);
  for (const part of (headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=');
    if (key === name && value !== undefined && /^[\w-]{43}$/.test(value)) return value;
  }
  return null;
}

/** A `Set-Cookie` header that opens the session; with null it ends the session. */
export function sessionCookie(
  deps: Pick<ApiDeps, 'publicUrl'>,
  headers: IncomingHttpHeaders,
  token: string | null,
): string {
  const life = token === null ? 0 : sessionDays * 24 * 3600;
  const secure = isSecure(deps) ? '; Secure' : '';
  return `${cookieName(deps, headers)}=${token ?? ''}; Path=/; Max-Age=${life}; HttpOnly; SameSite=Strict${secure}`;
}

/**
 * Browsers send the cookie with requests from any page. `SameSite=Strict` counts another port of this host as the same
 * site; so the browser must also state that the request comes from the platform's own pages.
 */
function checkOwnPage({ publicUrl }: Pick<ApiDeps, 'publicUrl'>, method: string, headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  const isRead = method === 'GET' || method === 'HEAD';
  const own = headers.origin !== undefined && URL.canParse(headers.origin) && new URL(headers.origin).host;
  const isPublic = publicUrl !== null && headers.origin === new URL(publicUrl).origin;
  if (headers.origin === undefined ? !isRead : own !== headers.host && !isPublic)
    throw new ArtenicError('forbidden', 'A session works from the dashboard’s own pages only; use an API key.');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new ArtenicError('forbidden', 'A session works from the dashboard’s own pages only; use an API key.');
}

export type OpenSession = NonNullable<Awaited<ReturnType<ApiDeps['store']['sessions']['find']>>>;

/** The session of the cookie; null without a cookie. Throws `unauthorized` when the session has ended. */
export async function principalOfSession(
  deps: Pick<ApiDeps, 'store' | 'keyPepper' | 'now' | 'publicUrl'>,
  method: string,
  headers: IncomingHttpHeaders,
): Promise<OpenSession | null> {
  const token = sessionTokenOf(deps, headers);
  if (token === null) return null;
  checkOwnPage(deps, method, headers);
  const session = await deps.store.sessions.find(tokenHashOf(deps.keyPepper, token), deps.now());
  if (session === null) throw new ArtenicError('unauthorized', 'The session has ended: sign in again.');
  return session;
}
