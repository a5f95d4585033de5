import type { RunnerEvent } from '@artenic/core';

/**
 * Events that an attempt's workflow gets about its runner. The API sends `hello`, because it knows when `maxHours`
 * ends.
 */
export type WorkflowEvent = RunnerEvent | { readonly kind: 'hello'; readonly id: string; readonly stopAt: string };

export type RunnerEventRecord = { readonly eventId: string; readonly event: WorkflowEvent };

/**
 * An outbox: events are committed here with their effect. After the commit the API or the relay sends them to the
 * workflow, which ignores repetitions.
 */
export type RunnerEventsRepository = {
  /**
   * Keeps an event for delivery. `known`: this attempt has sent this id before. `full`: the attempt has sent the
   * greatest number of events of this kind that is kept; histories have a limit, too.
   */
  readonly accept: (attemptId: string, event: WorkflowEvent, at: Date) => Promise<'taken' | 'known' | 'full'>;
  /** True the first time that this note is stored for the attempt. Nothing is delivered. */
  readonly firstTime: (attemptId: string, note: string, at: Date) => Promise<boolean>;
  /** An attempt's undelivered events, in order of arrival. */
  readonly undelivered: (attemptId: string, limit: number) => Promise<readonly RunnerEventRecord[]>;
  /** Attempts with undelivered events; those with the fewest failures come first. `limit` counts events. */
  readonly waiting: (query: { readonly olderThan: Date; readonly limit: number }) => Promise<readonly string[]>;
  readonly delivered: (attemptId: string, eventId: string, at: Date) => Promise<void>;
  /** Counts a failed delivery. */
  readonly failed: (attemptId: string, eventId: string) => Promise<void>;
};
