import type { SignalName } from '@artenic/core';

export type JobSignalRecord = {
  readonly jobId: string;
  readonly eventId: string;
  readonly name: SignalName;
  /** The attempt that the signal refers to; 0 before the first attempt. */
  readonly attempt: number;
  readonly occurredAt: Date;
  readonly deadlineAt: Date | null;
  readonly sender: string;
  readonly receivedAt: Date;
  /** When the affected workflows received it; null until then. */
  readonly deliveredAt: Date | null;
};

export type SignalsRepository = {
  /** False if the job already has a signal with this id: nothing changes then. */
  readonly insert: (signal: Omit<JobSignalRecord, 'deliveredAt'>) => Promise<boolean>;
  readonly find: (jobId: string, eventId: string) => Promise<JobSignalRecord | null>;
  /** Number of signals that a job has received since `since`, and the time of the first of them. */
  readonly since: (jobId: string, since: Date) => Promise<{ readonly count: number; readonly first: Date | null }>;
  /** Oldest first. */
  readonly undelivered: (query: {
    readonly olderThan: Date;
    readonly limit: number;
  }) => Promise<readonly JobSignalRecord[]>;
  readonly markDelivered: (jobId: string, eventId: string, at: Date) => Promise<void>;
};
