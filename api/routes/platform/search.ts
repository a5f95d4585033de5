import { searchItemSchema, searchViewSchema } from '@artenic/core';
import { z } from 'zod';
import { searchObjects } from '../../../app/search/search.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { pageLimit } from '../../schemas.ts';

export function searchRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/search',
      permission: 'read',
      tag: 'overview',
      summary: 'Find jobs, models, versions, datasets, services and providers by words or ids',
      query: z.strictObject({
        q: z.string().min(1).max(100).meta({
          description: 'Words, or beginnings of words; the beginning or end of a job id; `model v3` for a version.',
        }),
        limit: pageLimit(1, 50).default(20),
      }),
      answers: {
        200: {
          description: 'Matches, best first',
          schema: searchViewSchema.extend({ items: z.array(searchItemSchema.meta({ id: 'SearchItem' })) }),
        },
      },
      handle: async ({ deps, query, principal }) => {
        const { q: text, limit } = query;
        return ok({ items: await searchObjects(deps.store, { projectId: principal().projectId, text, limit }) });
      },
    }),
  ];
}
