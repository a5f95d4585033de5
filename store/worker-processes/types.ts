/**
 * A problem with Temporal's set-up that a worker found:
 * - `blocked`: it cannot work, for example because the namespace is missing.
 * - `retention`, `search-attributes`: it works, but the server refused to set or to show these.
 */
export type TemporalProblem = {
  readonly kind: 'blocked' | 'retention' | 'search-attributes';
  readonly message: string;
};

/** A worker process, by its own reports. */
export type WorkerRecord = {
  /** Made by the process at its start. */
  readonly id: string;
  /** `control` and the names of the providers that it serves; none while it cannot work. */
  readonly queues: readonly string[];
  readonly temporalProblems: readonly TemporalProblem[];
  readonly startedAt: Date;
  /** When it last reported. */
  readonly seenAt: Date;
  /** Time since `seenAt`, by the database's clock, because the clocks of hosts differ. */
  readonly ageMs: number;
};

export type WorkersRepository = {
  /** Records that the process runs now and takes work from `queues`; forgets processes that were last alive a day ago. */
  readonly alive: (worker: Pick<WorkerRecord, 'id' | 'queues' | 'temporalProblems'>) => Promise<void>;
  /** The processes that were alive last, at most 200, newest report first. */
  readonly list: () => Promise<readonly WorkerRecord[]>;
};
