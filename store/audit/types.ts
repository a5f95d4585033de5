import type { AuditVerb, Page } from '@artenic/core';
import type { Principal } from '../principal.ts';

type AuditDetails = Readonly<Record<string, string | number | boolean | null>>;

/** An action and its subject. The store adds the principal of the transaction. */
export type AuditInput = {
  readonly verb: AuditVerb;
  /** Id of the subject, or `<model>/<version>`. */
  readonly subject: string;
  /** The subject's project, if the principal acts for all projects. */
  readonly projectId?: string | null;
  /** Further details, such as a reason or a name. No secrets. */
  readonly details?: AuditDetails;
};

export type AuditRecord = {
  readonly id: bigint;
  readonly at: Date;
  /** Null for an action that concerns every project. */
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

/**
 * Log of actions, each written in the transaction of the action. Entries never change; the collector removes old ones.
 */
export type AuditRepository = {
  readonly append: (entry: AuditInput) => Promise<void>;
  /** Newest first. */
  readonly page: (query: AuditQuery) => Promise<Page<AuditRecord>>;
};
