import { AsyncLocalStorage } from 'node:async_hooks';
import { ArtenicError } from '../core/errors.ts';
import type { Principal } from './types.ts';

const scope = new AsyncLocalStorage<Principal>();

export function asPrincipal<T>(principal: Principal, work: () => T): T {
  return scope.run(principal, work);
}

/** The principal of the current write. A write without one is a fault of the platform: the store's types allow none. */
export function principalInScope(): Principal {
  const principal = scope.getStore();
  if (principal === undefined) throw new ArtenicError('internal', 'A row is written without a principal.');
  return principal;
}

/** Principal of a workflow type or of a loop of the platform. */
export function systemPrincipal(name: string, projectId: string): Principal & { readonly projectId: string };
export function systemPrincipal(name: string): Principal;
export function systemPrincipal(name: string, projectId: string | null = null): Principal {
  return { kind: 'system', id: `system:${name}`, name: `system:${name}`, projectId };
}
