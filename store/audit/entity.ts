import { defineEntity, p } from '@mikro-orm/core';
import type { AuditVerb } from '@artenic/core';
import type { Principal } from '../principal.ts';

/** Rows are added and removed a year later; a trigger refuses every change. */
export const auditLog = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_log',
  indexes: [
    { name: 'audit_log_by_subject', properties: ['subject', 'id'] },
    { name: 'audit_log_by_time', properties: ['at'] },
  ],
  triggers: [
    { name: 'append_only', timing: 'before', events: ['update'], body: "raise exception 'audit_log is append-only'" },
  ],
  properties: {
    id: p.bigint().primary().autoincrement(),
    at: p.datetime(3).defaultRaw('clock_timestamp()'),
    /** Null for an action that concerns every project. */
    projectId: p.text().nullable(),
    principalKind: p.text().$type<Principal['kind']>(),
    principalId: p.text(),
    principalName: p.text(),
    verb: p.text().$type<AuditVerb>(),
    subject: p.text(),
    requestId: p.text().nullable(),
    details: p.json<Readonly<Record<string, string | number | boolean | null>>>(),
  },
});
