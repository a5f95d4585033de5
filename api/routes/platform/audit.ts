import { auditEntrySchema, auditVerbs, pageSchema, type AuditEntry } from '@artenic/core';
import { z } from 'zod';
import type { AuditRecord } from '../../../store/types.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { given, pageQuery } from '../../schemas.ts';

const listQuery = z.strictObject({
  ...pageQuery,
  verb: z.enum(auditVerbs).optional(),
  subject: z.string().min(1).max(255).optional(),
  /** Id of an API key or of an attempt, or `system:<name>`. */
  principal: z.string().min(1).max(255).optional(),
});

function entryOf(entry: AuditRecord): AuditEntry {
  const { id, at, projectId, principalKind, principalId, principalName, verb, subject, requestId, details } = entry;
  return {
    ...{ id: String(id), at: at.toISOString(), projectId, verb, subject, requestId, details: { ...details } },
    principal: { kind: principalKind, id: principalId, name: principalName },
  };
}

export function auditRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/audit',
      permission: 'read',
      tag: 'platform',
      summary: 'Who did what, newest first',
      query: listQuery,
      answers: { 200: { description: 'One page', schema: pageSchema(auditEntrySchema.meta({ id: 'AuditEntry' })) } },
      handle: async ({ deps, query, principal }) => {
        const { verb, subject, principal: by } = query;
        const page = await deps.store.audit.page({
          ...{ projectId: principal().projectId, ...given(query) },
          ...(verb === undefined ? {} : { verb }),
          ...(subject === undefined ? {} : { subject }),
          ...(by === undefined ? {} : { principal: by }),
        });
        return ok({ items: page.items.map(entryOf), nextCursor: page.nextCursor });
      },
    }),
  ];
}
