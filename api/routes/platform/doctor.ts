import { doctorReportSchema, retryEndRequestSchema } from '@artenic/core';
import { z } from 'zod';
import { retryEnd } from '../../../app/instances/retry-end.ts';
import type { Doctor } from '../../doctor/report.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { named } from '../../schemas.ts';
import { unresolvedView } from '../../reconcile/unresolved-view.ts';

export function doctorRoutes(doctor: Doctor): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/doctor',
      permission: 'read',
      tag: 'platform',
      summary: 'What is wrong with providers, sweeps, clocks and instances, and what to do',
      answers: { 200: { description: 'The report', schema: doctorReportSchema.meta({ id: 'DoctorReport' }) } },
      handle: async ({ deps }) => ok(await doctor(deps)),
    }),
    route({
      method: 'get',
      path: '/api/v1/instances/unresolved',
      permission: 'read',
      tag: 'providers',
      summary: 'Instances that exist and should not, longest first, with what they have cost',
      answers: {
        200: {
          description: 'The instances',
          schema: z.object({ items: z.array(named.unresolvedInstance) }),
        },
      },
      handle: async ({ deps }) => {
        const strays = await deps.store.reconcile.unresolved();
        const now = deps.now();
        return ok({ items: strays.map((stray) => unresolvedView(stray, now, deps)) });
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/instances/unresolved/retry',
      permission: 'write',
      tag: 'providers',
      summary: 'Try once more to end an orphaned instance, at once',
      body: retryEndRequestSchema,
      answers: { 202: { description: 'Accepted', schema: named.unresolvedInstance } },
      handle: async ({ deps, body, principal }) => {
        const stray = await retryEnd(deps, { ...body, principal: principal() });
        return { status: 202, body: unresolvedView(stray, deps.now(), deps) };
      },
    }),
  ];
}
