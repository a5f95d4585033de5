import { request as forward, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { checkOrigin } from '../middleware/access.ts';
import { problemOf } from './problems.ts';
import { principalOfSession } from './sessions.ts';

export type TemporalUiOptions = {
  /** Where Temporal's Web UI listens. */
  readonly upstream: URL;
  /** Port of the API, whose sessions are accepted. */
  readonly apiPort: number;
};

type Deps = Pick<ApiDeps, 'store' | 'keyPepper' | 'now' | 'allowedHosts' | 'logger' | 'publicUrl'>;

/** Headers that concern one connection and not the message. */
const hopByHop = new Set(
  'connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade'.split(' '),
);
const ownCookie = /^(?:__Host-)?artenic-session(?:-\d+)?=/;
const answerTimeoutMs = 60_000;

/**
 * Accepts a read, a request that the browser marks as coming from the UI's own pages, and a navigation by a link or the
 * address bar.
 */
function checkOwnPage(method: string, headers: IncomingHttpHeaders): void {
  const isRead = method === 'GET' || method === 'HEAD';
  const site = headers['sec-fetch-site'];
  const isNavigation = isRead && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (headers.origin === undefined && !isRead)
    throw new ArtenicError('forbidden', 'The request does not say its origin.');
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation)
    throw new ArtenicError('forbidden', 'Temporal’s Web UI takes requests of its own pages only.');
}

/**
 * Throws unless the request comes from the UI's own pages and belongs to a person who is signed in to the dashboard.
 */
async function check(
  deps: Deps,
  { apiPort }: TemporalUiOptions,
  { method = '', headers }: IncomingMessage,
): Promise<void> {
  checkOrigin({ allowedHosts: deps.allowedHosts, allowedOrigins: [] }, headers);
  checkOwnPage(method, headers);
  // Cookies belong to hosts, not ports: the browser also sends the dashboard's cookie here, under the name for the
  // dashboard's port.
  for (const host of [`dashboard:${apiPort}`, 'dashboard']) {
    const session = await principalOfSession(deps, 'GET', { cookie: headers.cookie, host });
    if (session !== null) return;
  }
  throw new ArtenicError('unauthorized', 'Sign in to the dashboard first.');
}

function forwardedHeaders(headers: IncomingHttpHeaders, upstream: URL): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !hopByHop.has(name));
  const cookie = (headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !ownCookie.test(part))
    .join('; ');
  return {
    ...Object.fromEntries(kept),
    host: upstream.host,
    // The origin is checked above; the UI would compare it with its own address.
    origin: headers.origin === undefined ? undefined : upstream.origin,
    referer: undefined,
    cookie: cookie === '' ? undefined : cookie,
  };
}

function pass({ upstream }: TemporalUiOptions, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = incoming.url ?? '/';
  if (!path.startsWith('/')) throw new ArtenicError('malformed-request', 'The path does not start with /.');
  return new Promise((done, fail) => {
    const headers = Object.fromEntries(
      Object.entries(forwardedHeaders(incoming.headers, upstream)).filter(([, value]) => value !== undefined),
    );
    const outgoing = forward(
      {
        hostname: upstream.hostname,
        port: upstream.port,
        method: incoming.method,
        path,
        headers,
        timeout: answerTimeoutMs,
      },
      (answer) => {
        const given = Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name));
        const cookies = (answer.headers['set-cookie'] ?? []).filter((cookie) => !ownCookie.test(cookie));
        response.writeHead(answer.statusCode ?? 502, {
          ...Object.fromEntries(given),
          'set-cookie': cookies,
          'x-frame-options': 'DENY',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        });
        answer.pipe(response);
        answer.on('error', fail);
        answer.on('end', done);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', (cause) =>
      fail(new ArtenicError('unavailable', 'Temporal’s Web UI does not answer; try again.', { cause })),
    );
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
}

/** Answers a person with a page that links to the sign-in, and a script with a problem document. */
function refuse(
  error: unknown,
  { apiPort }: TemporalUiOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = problemOf(error, randomUUID());
  const isPerson = problem.status === 401 && /\btext\/html\b/.test(incoming.headers.accept ?? '');
  response.statusCode = problem.status;
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('cache-control', 'no-store');
  incoming.resume();
  if (!isPerson) {
    response.setHeader('content-type', 'application/problem+json');
    response.end(JSON.stringify(problem));
    return;
  }
  // `checkOrigin` has accepted the host name.
  const dashboard = `http://${(incoming.headers.host ?? '').replace(/:\d+$/, '')}:${apiPort}/`;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(
    `<!doctype html><title>Temporal Web UI</title><p>Temporal's Web UI is for people who are signed in: <a href="${dashboard}">sign in to the dashboard</a>, then reload this page.`,
  );
}

/**
 * Guard in front of Temporal's Web UI, which has no users and accepts any Host and Origin: requires a session of the
 * dashboard.
 */
export function guardTemporalUi(
  deps: Deps,
  options: TemporalUiOptions,
): (incoming: IncomingMessage, response: ServerResponse) => void {
  return (incoming, response) => {
    check(deps, options, incoming)
      .then(() => pass(options, incoming, response))
      .catch((error: unknown) => {
        if (!isArtenicError(error)) deps.logger.error({ err: error }, 'a request to the Temporal Web UI failed');
        refuse(error, options, incoming, response);
      });
  };
}
