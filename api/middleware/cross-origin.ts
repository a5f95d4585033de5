import type { NextFunction, Request, RequestHandler, Response } from 'express';

const preflightSeconds = '600';
const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** Request headers that the API's routes read, in lower case. */
const requestHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'content-type',
  'idempotency-key',
  'inference-header-content-length',
  'range',
  'traceparent',
  'x-correlation-id',
]);
const answerHeaders =
  'Content-Range, Inference-Header-Content-Length, Location, Retry-After, X-Correlation-Id, X-Request-Id';

/** The headers that a page wants to send; null when it names a header that no route reads, or no `Authorization`. */
function wantedHeaders(request: Request): string | null {
  const wanted = (request.headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  return wanted.includes('authorization') && wanted.every((name) => requestHeaders.has(name))
    ? wanted.join(', ')
    : null;
}

/**
 * Lets pages of the listed origins read the answers to requests with an API key. A request without a key gets no
 * header: sessions work from the dashboard's own pages only, and `Access-Control-Allow-Credentials` is never sent.
 */
export function crossOrigin(allowedOrigins: readonly string[]): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const { origin } = request.headers;
    if (allowedOrigins.length > 0) response.vary('Origin');
    if (origin === undefined || !allowedOrigins.includes(origin)) return next();
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (!isPreflight) {
      if (request.headers.authorization !== undefined) {
        response.setHeader('access-control-allow-origin', origin);
        response.setHeader('access-control-expose-headers', answerHeaders);
      }
      return next();
    }
    const wanted = wantedHeaders(request);
    if (wanted === null) return next();
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-methods', methods);
    response.setHeader('access-control-allow-headers', wanted);
    response.setHeader('access-control-max-age', preflightSeconds);
    response.status(204).end();
  };
}
