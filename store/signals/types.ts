import type { SignalName } from '@artenic/core';

export type JobSignalRecord = {
  readonly jobId: string;
  readonly eventId: string;
  readonly name: SignalName;
  /** The attempt it is about; 0 before the first. */
  readonly attempt: number;
  readonly occurredAt: Date;
  readonly deadlineAt: Date | null;
  readonly sender: string;
  readonly receivedAt: Date;
  /** When the workflows that it concerns had it; null until then. */
  readonly deliveredAt: Date | null;
};

export type SignalsRepository = {
  /** False when the job has an event of this id already: nothing changes then. */
  readonly insert: (signal: Omit<JobSignalRecord, 'deliveredAt'>) => Promise<boolean>;
  readonly find: (jobId: string, eventId: string) => Promise<JobSignalRecord | null>;
  /** How many a job was told since then, and when the first of these came. */
  readonly since: (jobId: string, since: Date) => Promise<{ readonly count: number; readonly first: Date | null }>;
  /** Oldest first. */
  readonly undelivered: (query: {
    readonly olderThan: Date;
    readonly limit: number;
  }) => Promise<readonly JobSignalRecord[]>;
  readonly markDelivered: (jobId: string, eventId: string, at: Date) => Promise<void>;
};
