import type { LiveHint } from '@artenic/core';

/**
 * `topic` is what readers subscribe to: `jobs`, `job:<id>`, `models`, `providers`. One change is one event: `job.state`
 * has the topic `jobs` and the job's id as subject, so who follows `job:<id>` wants those of that subject, too;
 * `attempt.state` and `job.checkpoint` have the topic `job:<id>`; `model.version` and `model.stage` have `models`;
 * `instance.unresolved` and `instance.resolved` have `providers`.
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
  /** Id of the principal that wrote it; null for what is older than principals are. */
  readonly principal: string | null;
  readonly sequence: bigint;
  readonly at: Date;
};

/** There is more to fetch of a job's log (`job.log`) or metrics (`job.metric`); the topic is `job:<id>`. */
export type HintInput = Readonly<Omit<LiveHint, 'at' | 'kind'>> & {
  readonly kind: 'job.log' | 'job.metric';
  /** Readers of other projects never hear of it. */
  readonly projectId: string;
};

export type EventsRepository = {
  /** Appends without a number; it gets one after commit, by `sequence`. Wakes listeners (`NOTIFY artenic_events`) at commit. */
  readonly append: (event: EventInput) => Promise<void>;
  /** Numbers what has been committed since, in one short transaction under an advisory lock; returns how many. Any process may call it at any time. */
  readonly sequence: () => Promise<number>;
  readonly after: (sequence: bigint, limit: number) => Promise<readonly EventRecord[]>;
  /** The last number that was given, whether or not its event is still kept. */
  readonly lastSequence: () => Promise<bigint>;
  /** Of the oldest event that is kept; null when none is. */
  readonly firstSequence: () => Promise<bigint | null>;
  /** Sends hints to all who listen, as `{ origin, hints }` in JSON. Nothing is stored. */
  readonly notifyHints: (origin: string, hints: readonly object[]) => Promise<void>;
};
