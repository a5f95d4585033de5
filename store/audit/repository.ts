import { json, storable, type Db } from '../database.ts';
import { principalInScope } from '../principal-scope.ts';
import type { AuditInput, AuditQuery, AuditRecord, AuditRepository } from '../types.ts';
import { decodeNumberCursor, toPage } from '../cursors.ts';

export async function appendAudit(db: Db, entry: AuditInput): Promise<void> {
  const { kind, id, name, projectId, requestId = null } = principalInScope();
  await db
    .insertInto('audit_log')
    .values({
      projectId: entry.projectId ?? projectId,
      principalKind: kind,
      principalId: id,
      principalName: name,
      verb: entry.verb,
      subject: storable(entry.subject),
      requestId,
      details: json(entry.details ?? {}),
    })
    .execute();
}

async function page(db: Db, query: AuditQuery) {
  const { projectId, verb, subject, principal, cursor, limit } = query;
  let select = db
    .selectFrom('audit_log')
    .selectAll()
    .where((of) => of.or([of('projectId', '=', projectId), of('projectId', 'is', null)]));
  if (verb !== undefined) select = select.where('verb', '=', verb);
  if (subject !== undefined) select = select.where('subject', '=', subject);
  if (principal !== undefined) select = select.where('principalId', '=', principal);
  if (cursor !== undefined) select = select.where('id', '<', decodeNumberCursor(cursor, 2n ** 62n));
  const rows = await select
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  return toPage(
    rows,
    limit,
    (row): AuditRecord => row,
    ({ id }) => [String(id)],
  );
}

export function createAudit(db: Db): AuditRepository {
  return { append: (entry) => appendAudit(db, entry), page: (query) => page(db, query) };
}
