import { garbageReportSchema } from '@artenic/core';
import { collectGarbage } from '../../../store/retention/collector.ts';
import { ok, route, type Route } from '../../http/route.ts';

/** Items that each step looks at: enough to judge by, and answered quickly. */
const limit = 50;

export function garbageRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/garbage',
      permission: 'read',
      tag: 'platform',
      summary: 'Expired records and objects that the collector would remove now',
      answers: { 200: { description: 'By step', schema: garbageReportSchema.meta({ id: 'GarbageReport' }) } },
      handle: async ({ deps, principal }) => {
        const acting = { ...deps, store: deps.store.as(principal()) };
        return ok({ steps: await collectGarbage(acting, { isDryRun: true, limit }) });
      },
    }),
  ];
}
