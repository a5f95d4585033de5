import { randomUUID } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { ArtenicError } from '../core/errors.ts';
import type { ApiDeps } from './deps.ts';
import { serveDocs } from './docs.ts';
import { dispatch } from './dispatch.ts';
import { createMetrics } from './metrics.ts';
import { checkOrigin } from './middleware/access.ts';
import { problemOf, sendProblem } from './problems.ts';
import type { Permission } from './route.ts';
import { createRoutes } from './routes/index.ts';

const permissions: ReadonlySet<Permission> = new Set<Permission>(['open', 'read', 'write', 'runner']);

/** One id for a request in its answer, its log lines and its problem document. */
function correlate(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers['x-correlation-id'];
  const id = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  response.locals['correlationId'] = id;
  response.setHeader('x-correlation-id', id);
  next();
}

/** The whole HTTP API, without a port. */
export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(correlate);
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
          imgSrc: ["'self'", 'data:'],
          styleSrc: ["'self'", "'unsafe-inline'"],
          upgradeInsecureRequests: null,
        },
      },
      strictTransportSecurity: false,
    }),
  );
  const metrics = createMetrics();
  app.use((request: Request, response: Response, next: NextFunction) => {
    const startedMs = performance.now();
    response.once('close', () => {
      const tookMs = performance.now() - startedMs;
      metrics.observe(request.method, String(response.locals['route'] ?? 'none'), response.statusCode, tookMs);
      deps.logger.debug(
        {
          method: request.method,
          path: request.path,
          status: response.statusCode,
          tookMs: Math.round(tookMs),
          correlationId: response.locals['correlationId'],
        },
        'request',
      );
    });
    checkOrigin(deps, request.headers);
    next();
  });

  const routes = createRoutes(deps, metrics);
  const methodsByPath = new Map<string, Set<string>>();
  for (const route of routes) {
    if (!permissions.has(route.permission)) throw new Error(`${route.method} ${route.path} has no permission entry`);
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1').replaceAll(':path', '*path');
    methodsByPath.set(path, (methodsByPath.get(path) ?? new Set()).add(route.method.toUpperCase()));
    app[route.method](path, (request, response) => dispatch(deps, route, request, response));
  }
  for (const [path, methods] of methodsByPath) {
    app.all(path, (_request, response) => {
      response.setHeader('allow', [...methods].toSorted().join(', '));
      throw new ArtenicError('method-not-allowed', `Only ${[...methods].toSorted().join(', ')} is answered here.`);
    });
  }
  serveDocs(app);
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
    // What was not read of a refused body must not be taken for the next request.
    if (!request.readableEnded && problem.status === 413) response.setHeader('connection', 'close');
    sendProblem(response, problem);
  });
  return app;
}

/** Express reports a path it cannot decode as an error with a status. */
function clientFault(error: unknown): unknown {
  if (error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400))
    return new ArtenicError('malformed-request', 'The path cannot be decoded.');
  return error;
}
