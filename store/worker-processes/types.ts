/** A worker process, by its own reports. */
export type WorkerRecord = {
  /** Made by the process at its start. */
  readonly id: string;
  /** `control` and the names of the providers that it serves. */
  readonly queues: readonly string[];
  readonly startedAt: Date;
  /** When it last reported that it takes work. */
  readonly seenAt: Date;
  /** Time since `seenAt`, by the database's clock, because the clocks of hosts differ. */
  readonly ageMs: number;
};

export type WorkersRepository = {
  /** Records that the process takes work now; forgets processes that were last alive a day ago. */
  readonly alive: (worker: Pick<WorkerRecord, 'id' | 'queues'>) => Promise<void>;
  /** The processes that were alive last, at most 200, newest report first. */
  readonly list: () => Promise<readonly WorkerRecord[]>;
};
