import type { Express } from 'express';
import { ArtenicError } from '../../core/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { dispatch, isHot } from './dispatch.ts';
import type { Permission, Route } from './route.ts';
import type { Underway } from '../../app/loops/underway.ts';

const permissions: ReadonlySet<Permission> = new Set<Permission>(['open', 'read', 'write', 'runner', 'webhook']);

/** `/a/{id}/{path}` as Express writes it. A parameter named `path` takes the rest, slashes included. */
function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_found, name: string) => (name === 'path' ? '*path' : `:${name}`));
}

/** Serves the routes, and says 405 to other methods on their paths. A route without a permission entry fails the boot. */
export function mountRoutes(app: Express, deps: ApiDeps, routes: readonly Route[], underway: Underway): void {
  const methodsByPath = new Map<string, Set<string>>();
  // Express looks through its routes in order, so those that are asked most stand first.
  for (const route of routes.toSorted((a, b) => Number(isHot(b)) - Number(isHot(a)))) {
    if (!permissions.has(route.permission)) throw new Error(`${route.method} ${route.path} has no permission entry`);
    const path = expressPath(route.path);
    const methods = methodsByPath.get(path) ?? new Set();
    methodsByPath.set(path, methods.add(route.method.toUpperCase()));
    // Express answers HEAD by what is there for GET.
    if (route.method === 'get') methods.add('HEAD');
    app[route.method](path, (request, response) => underway.add(dispatch(deps, route, request, response)));
  }
  for (const [path, methods] of methodsByPath) {
    const allowed = [...methods].toSorted().join(', ');
    app.all(path, (_request, response) => {
      response.setHeader('allow', allowed);
      throw new ArtenicError('method-not-allowed', `Only ${allowed} is answered here.`);
    });
  }
}
