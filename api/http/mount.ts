import compression from 'compression';
import type { Express, Request } from 'express';
import { ArtenicError } from '../../core/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { dispatch, isHot } from './dispatch.ts';
import { createOpenLimits, type OpenLimits } from '../middleware/open-limits.ts';
import { createOverload, type Overload } from '../middleware/overload.ts';
import type { Permission, Route } from './route.ts';
import type { Underway } from '../../app/loops/underway.ts';

const permissions: ReadonlySet<Permission> = new Set<Permission>(['open', 'read', 'write', 'runner', 'webhook']);

/** `/a/{id}/{path}` in Express's notation. A parameter named `path` matches the rest of the path, slashes included. */
function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_found, name: string) => (name === 'path' ? '*path' : `:${name}`));
}

/**
 * Whether answers are compressed: JSON answers of GET routes (lists, series, pages of logs). Predictions are small and
 * frequent, and downloads announce their length, so neither is compressed.
 */
function isCompressed({ method, permission, tag, answers }: Route): boolean {
  return method === 'get' && permission === 'read' && tag !== 'inference' && answers[200]?.schema !== undefined;
}

type Limits = { readonly open: OpenLimits; readonly overload: Overload };

async function limited(limits: Limits, route: Route, request: Request, work: () => Promise<void>): Promise<void> {
  limits.overload.check(route);
  limits.open.check(route, request);
  try {
    await work();
  } catch (error) {
    limits.open.refused(route, request, error);
    throw error;
  }
}

/** Segments of a path as a sortable text: a literal segment comes before a parameter, a parameter before a rest. */
const specificityOf = (path: string): string =>
  path
    .split('/')
    .map((segment) => (segment === '{path}' ? '2' : segment.startsWith('{') ? '1' : '0'))
    .join('');

/**
 * Routes by their path in Express's notation. Express tries paths in order: the busiest come first, and a literal path
 * (`/training/dispatch`) before a pattern that also matches it (`/training/{id}`).
 */
function byPath(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const sorted = routes.toSorted(
    (a, b) => Number(isHot(b)) - Number(isHot(a)) || specificityOf(a.path).localeCompare(specificityOf(b.path), 'en'),
  );
  return Map.groupBy(sorted, ({ path }) => expressPath(path));
}

/**
 * Serves the routes, and answers 405 to other methods on their paths. A route without a permission entry, or an open
 * route without a limit, fails the boot.
 */
export function mountRoutes(app: Express, deps: ApiDeps, routes: readonly Route[], underway: Underway): void {
  const limits = { open: createOpenLimits(deps), overload: createOverload(deps.limits) };
  const compress = compression();
  for (const [path, ofPath] of byPath(routes)) {
    const methods = new Set<string>();
    for (const route of ofPath) {
      if (!permissions.has(route.permission)) throw new Error(`${route.method} ${route.path} has no permission entry`);
      if ((route.permission === 'open') !== (route.openLimit !== null))
        throw new Error(`${route.method} ${route.path} needs a limit exactly if it is open`);
      methods.add(route.method.toUpperCase());
      // Express answers HEAD with the handler of GET.
      if (route.method === 'get') methods.add('HEAD');
      if (isCompressed(route)) app[route.method](path, compress);
      app[route.method](path, (request, response) =>
        underway.add(
          limited(limits, route, request, () =>
            dispatch({ deps, overload: limits.overload }, route, request, response),
          ),
        ),
      );
    }
    const allowed = [...methods].toSorted().join(', ');
    app.all(path, (_request, response) => {
      response.setHeader('allow', allowed);
      throw new ArtenicError('method-not-allowed', `Only ${allowed} is answered here.`);
    });
  }
}
