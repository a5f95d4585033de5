import { defineSearchAttributeKey } from '@temporalio/common';

/** Temporal on PostgreSQL takes at most ten of the type Keyword. */
export const searchAttributes = {
  kind: defineSearchAttributeKey('Kind', 'KEYWORD'),
  jobId: defineSearchAttributeKey('JobId', 'KEYWORD'),
  service: defineSearchAttributeKey('Service', 'KEYWORD'),
  provider: defineSearchAttributeKey('Provider', 'KEYWORD'),
  phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
  attempt: defineSearchAttributeKey('Attempt', 'INT'),
} as const;
