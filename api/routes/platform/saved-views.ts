import { savedViewInputSchema, savedViewSchema, type SavedView } from '@artenic/core';
import { z } from 'zod';
import type { ProjectPrincipal, ViewOwner, ViewRecord } from '../../../store/types.ts';
import { ok, route, type Route } from '../../http/route.ts';

const viewParam = z.strictObject({ view: z.uuid() });
const named = savedViewSchema.meta({ id: 'SavedView' });

/** A session has the id of the API key that it was opened with, so views are the same in the dashboard and the CLI. */
const ownerOf = ({ projectId, id }: ProjectPrincipal): ViewOwner => ({ projectId, ownerId: id });

function viewOf({ id, page, name, query, columns, createdAt, updatedAt }: ViewRecord): SavedView {
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { id, page, name, query, columns: [...columns], ...times };
}

/** Routes for the saved views of the caller. */
export function savedViewRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/views',
      permission: 'read',
      tag: 'overview',
      summary: 'Your saved views, by page and name',
      query: z.strictObject({ page: savedViewInputSchema.shape.page.optional() }),
      answers: { 200: { description: 'All of them, at most 100', schema: z.object({ items: z.array(named) }) } },
      handle: async ({ deps, query, principal }) => {
        const views = await deps.store.views.list(ownerOf(principal()), query.page);
        return ok({ items: views.map(viewOf) });
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/views',
      permission: 'write',
      tag: 'overview',
      summary: 'Save a view',
      body: savedViewInputSchema,
      idempotent: true,
      answers: { 201: { description: 'Saved', schema: named } },
      handle: async ({ deps, body, principal }) => {
        const caller = principal();
        const view = { ...ownerOf(caller), ...body, id: deps.newId(), at: deps.now() };
        return { status: 201, body: viewOf(await deps.store.as(caller).views.insert(view)) };
      },
    }),
    route({
      method: 'put',
      path: '/api/v1/views/{view}',
      permission: 'write',
      tag: 'overview',
      summary: 'Change a saved view of yours',
      params: viewParam,
      body: savedViewInputSchema,
      answers: { 200: { description: 'Changed', schema: named } },
      handle: async ({ deps, params, body, principal }) => {
        const caller = principal();
        const changed = deps.store.as(caller).views.update(ownerOf(caller), params.view, body, deps.now());
        return ok(viewOf(await changed));
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/views/{view}',
      permission: 'write',
      tag: 'overview',
      summary: 'Delete a saved view of yours',
      params: viewParam,
      answers: { 204: { description: 'Deleted' } },
      handle: async ({ deps, params, principal }) => {
        const caller = principal();
        await deps.store.as(caller).views.remove(ownerOf(caller), params.view);
        return { status: 204 };
      },
    }),
  ];
}
