import type { AuditVerb, Page } from '@artenic/core';
import type { Principal } from '../principal.ts';

type AuditDetails = Readonly<Record<string, string | number | boolean | null>>;

/** What was done, to what. The principal of the transaction is added by the store. */
export type AuditInput = {
  readonly verb: AuditVerb;
  /** Its id, or `<model>/<version>`. */
  readonly subject: string;
  /** The subject's project, where the principal acts for all of them. */
  readonly projectId?: string | null;
  /** A few words more: a reason, a name. No secrets. */
  readonly details?: AuditDetails;
};

export type AuditRecord = {
  readonly id: bigint;
  readonly at: Date;
  /** Null for what concerns every project. */
  readonly projectId: string | null;
  readonly principalKind: Principal['kind'];
  readonly principalId: string;
  readonly principalName: string;
  readonly verb: AuditVerb;
  readonly subject: string;
  readonly requestId: string | null;
  readonly details: AuditDetails;
};

export type AuditQuery = {
  /** Entries of this project, and those that concern every project. */
  readonly projectId: string;
  readonly verb?: AuditVerb;
  readonly subject?: string;
  readonly principal?: string;
  readonly cursor?: string;
  readonly limit: number;
};

/** Who did what, written in the transaction of what was done. Nothing changes an entry; the collector removes old ones. */
export type AuditRepository = {
  readonly append: (entry: AuditInput) => Promise<void>;
  /** Newest first. */
  readonly page: (query: AuditQuery) => Promise<Page<AuditRecord>>;
};
