import { randomUUID } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { ArtenicError } from '../core/errors.ts';
import { outsideTransactions } from '../store/transaction-scope.ts';
import type { ApiDeps } from './deps.ts';
import { serveDashboard } from './http/dashboard.ts';
import { serveDocs } from './http/docs.ts';
import { watchHeartbeats } from './live/hearing.ts';
import { createMetrics } from './metrics/metrics.ts';
import { mountRoutes } from './http/mount.ts';
import { checkOrigin } from './middleware/access.ts';
import { accessLog } from './middleware/access-log.ts';
import { crossOrigin } from './middleware/cross-origin.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { problemOf, sendProblem } from './http/problems.ts';
import { createRoutes } from './routes/index.ts';
import { createUnderway, type Underway } from '../app/loops/underway.ts';

/** One correlation id for the request's answer, its log lines and its problem document. */
function correlate(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers['x-correlation-id'];
  const id = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  response.locals['correlationId'] = id;
  response.setHeader('x-correlation-id', id);
  next();
}

/** The route's path; `none` before the request is dispatched. */
function routeOf(response: Response): string {
  return String(response.locals['route'] ?? 'none');
}

/** The whole HTTP API, without a port. */
export function createApp(parts: ApiDeps): Express & Pick<Underway, 'settled'> {
  const deps: ApiDeps = {
    ...parts,
    storage: outsideTransactions('storage', parts.storage),
    temporal: outsideTransactions('temporal', parts.temporal),
    predictor: outsideTransactions('predictor', parts.predictor),
    previews: outsideTransactions('previews', parts.previews),
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  if (deps.trustedProxies.length > 0) app.set('trust proxy', [...deps.trustedProxies]);
  app.use(correlate);
  app.use(securityHeaders);
  const { traceRequest } = deps;
  if (traceRequest !== null)
    app.use((request, response, next) => traceRequest(request, response, () => routeOf(response), next));
  const metrics = createMetrics();
  const log = accessLog(deps.logger, deps.hasAccessLog);
  app.use((request: Request, response: Response, next: NextFunction) => {
    const startedMs = performance.now();
    response.once('close', () => {
      const tookMs = performance.now() - startedMs;
      metrics.observe(request.method, routeOf(response), response.statusCode, tookMs);
      log?.(request, response, { route: routeOf(response), tookMs });
    });
    checkOrigin(deps, request.headers);
    next();
  });
  app.use(crossOrigin(deps.allowedOrigins));

  app.use(watchHeartbeats(deps.hearing));
  const underway = createUnderway();
  mountRoutes(app, deps, createRoutes(deps, metrics), underway);
  serveDocs(app);
  serveDashboard(app, deps.dashboardFolder);
  app.use((request: Request) => {
    throw new ArtenicError('not-found', `There is nothing at ${request.path.slice(0, 200)}.`);
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const problem = problemOf(clientFault(error), String(response.locals['correlationId']));
    if (problem.status >= 500)
      deps.logger.error(
        { err: error, method: request.method, path: request.path, correlationId: problem.correlationId },
        'request failed',
      );
    sendProblem(response, problem, request.path);
    endRefused(request);
  });
  return Object.assign(app, { settled: underway.settled });
}

/** Time in which a client may stop sending and read the refusal. */
const refusedBodyMs = 2000;

/**
 * Reads and discards the rest of a refused body: closing the connection at once could lose the answer before the client
 * reads it. A client that keeps sending is disconnected.
 */
function endRefused(request: Request): void {
  const timer = setTimeout(() => request.socket.destroy(), refusedBodyMs).unref();
  request.once('end', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
  if (request.complete || request.destroyed) clearTimeout(timer);
  request.resume();
}

/** Express reports a path that it cannot decode as an error with status 400. */
function clientFault(error: unknown): unknown {
  if (error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400))
    return new ArtenicError('malformed-request', 'The path cannot be decoded.');
  return error;
}
