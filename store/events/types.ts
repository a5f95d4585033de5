import type { LiveHint } from '@artenic/core';

/**
 * `topic` is the name to which readers subscribe: `jobs`, `job:<id>`, `models`, `providers`. One change is one event:
 * `job.state` has the topic `jobs` and the job's id as subject, so a subscription to `job:<id>` also includes the
 * events with that subject. `attempt.state` and `job.checkpoint` have the topic `job:<id>`; `model.version` and
 * `model.stage` have `models`; `instance.unresolved` and `instance.resolved` have `providers`.
 */
export type EventInput = {
  readonly topic: string;
  readonly kind: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Absent: the project of the job that `subject` names; without such a job the event concerns every project. */
  readonly projectId?: string;
};

export type EventRecord = Omit<EventInput, 'projectId'> & {
  readonly projectId: string | null;
  /** Id of the principal that wrote the event; null for events from before principals existed. */
  readonly principal: string | null;
  readonly sequence: bigint;
  readonly at: Date;
};

/** A job's log (`job.log`) or metrics (`job.metric`) have grown; the topic is `job:<id>`. */
export type HintInput = Readonly<Omit<LiveHint, 'at' | 'kind'>> & {
  readonly kind: 'job.log' | 'job.metric';
  /** Readers of other projects do not get the hint. */
  readonly projectId: string;
};

export type EventsRepository = {
  /**
   * Appends without a number; `sequence` assigns one after commit. Wakes listeners (`NOTIFY artenic_events`) at commit.
   */
  readonly append: (event: EventInput) => Promise<void>;
  /**
   * Numbers the events committed since the last call, in one short transaction under an advisory lock; returns their
   * count. Any process may call it at any time.
   */
  readonly sequence: () => Promise<number>;
  readonly after: (sequence: bigint, limit: number) => Promise<readonly EventRecord[]>;
  /** The last assigned number, even if its event is no longer kept. */
  readonly lastSequence: () => Promise<bigint>;
  /** Number of the oldest kept event; null when no event is kept. */
  readonly firstSequence: () => Promise<bigint | null>;
  /** Sends hints to all listeners, as `{ origin, hints }` in JSON. Nothing is stored. */
  readonly notifyHints: (origin: string, hints: readonly object[]) => Promise<void>;
};
