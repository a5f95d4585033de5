import { defineSearchAttributeKey } from '@temporalio/common';

/** Temporal on PostgreSQL allows at most ten attributes of type Keyword. */
export const searchAttributes = {
  kind: defineSearchAttributeKey('Kind', 'KEYWORD'),
  jobId: defineSearchAttributeKey('JobId', 'KEYWORD'),
  service: defineSearchAttributeKey('Service', 'KEYWORD'),
  provider: defineSearchAttributeKey('Provider', 'KEYWORD'),
  phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
  attempt: defineSearchAttributeKey('Attempt', 'INT'),
} as const;
