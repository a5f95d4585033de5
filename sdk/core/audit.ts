import { z } from 'zod';

/** Actions in the audit log. Stored verbs must stay readable, so a verb is never removed. */
export const auditVerbs = [
  ...(['job.submit', 'job.cancel', 'job.signal', 'job.delete'] as const),
  ...(['model.register', 'model.promote', 'model.retire', 'model.demote', 'model.stage'] as const),
  ...(['dataset.create', 'dataset.change', 'dataset.delete', 'dataset.commit', 'dataset.tag'] as const),
  ...(['dataset.purge'] as const),
  ...(['run.create', 'run.change', 'run.delete', 'feature.create', 'feature.change', 'feature.delete'] as const),
  ...(['lineage.declare', 'lineage.remove'] as const),
  ...(['key.make', 'key.change', 'key.revoke', 'session.open', 'session.end', 'link.make'] as const),
  ...(['instance.end-stray', 'instance.retry-end'] as const),
] as const;
export type AuditVerb = (typeof auditVerbs)[number];

export const auditEntrySchema = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  /** Null for an entry that concerns all projects. */
  projectId: z.string().nullable(),
  principal: z.object({
    /** `runner`: the runner of an attempt. `system`: a workflow or a loop of the platform. */
    kind: z.enum(['key', 'session', 'webhook', 'runner', 'system']),
    /** The id of the API key, also for a session; the attempt's id; or `system:<name>`. */
    id: z.string(),
    name: z.string(),
  }),
  verb: z.enum(auditVerbs),
  /** Id of a job, key or instance, or `<model>/<version>`. */
  subject: z.string(),
  /** The request's `x-request-id`, or the id of the workflow that acted. */
  requestId: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type AuditEntry = z.output<typeof auditEntrySchema>;
