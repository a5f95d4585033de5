import { AsyncLocalStorage } from 'node:async_hooks';
import { ArtenicError } from '../core/errors.ts';
import type { Principal } from './types.ts';

const scope = new AsyncLocalStorage<Principal>();

export function asPrincipal<T>(principal: Principal, work: () => T): T {
  return scope.run(principal, work);
}

/** The principal of the write under way. A write without one is a fault of ours: the store's types offer none. */
export function principalInScope(): Principal {
  const principal = scope.getStore();
  if (principal === undefined) throw new ArtenicError('internal', 'A row is written without a principal.');
  return principal;
}

/** A workflow type or a loop of ours. */
export function systemPrincipal(name: string, projectId: string): Principal & { readonly projectId: string };
export function systemPrincipal(name: string): Principal;
export function systemPrincipal(name: string, projectId: string | null = null): Principal {
  return { kind: 'system', id: `system:${name}`, name: `system:${name}`, projectId };
}
