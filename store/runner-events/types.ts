import type { RunnerEvent } from '@artenic/core';

/** What an attempt's workflow hears of its runner. `hello` is told by the API, which knows when `maxHours` end. */
export type WorkflowEvent = RunnerEvent | { readonly kind: 'hello'; readonly id: string; readonly stopAt: string };

export type RunnerEventRecord = { readonly eventId: string; readonly event: WorkflowEvent };

/**
 * An outbox: events are committed here with their effect, and told to the workflow after the commit, by the API or by the
 * relay. A workflow ignores what it hears twice.
 */
export type RunnerEventsRepository = {
  /**
   * Keeps an event for delivery. `known`: this attempt has sent this id before. `full`: it has sent as many events of this kind
   * as are kept, and histories have a limit, too.
   */
  readonly accept: (attemptId: string, event: WorkflowEvent, at: Date) => Promise<'taken' | 'known' | 'full'>;
  /** True the first time that this is noted of the attempt. Nothing is delivered. */
  readonly firstTime: (attemptId: string, note: string, at: Date) => Promise<boolean>;
  /** An attempt's events, in the order of their arrival. */
  readonly undelivered: (attemptId: string, limit: number) => Promise<readonly RunnerEventRecord[]>;
  /** Attempts with events that wait; those that failed least come first. `limit` counts events. */
  readonly waiting: (query: { readonly olderThan: Date; readonly limit: number }) => Promise<readonly string[]>;
  readonly delivered: (attemptId: string, eventId: string, at: Date) => Promise<void>;
  /** Counts a delivery that failed. */
  readonly failed: (attemptId: string, eventId: string) => Promise<void>;
};
