/**
 * What the store offers, by domain. Everything that reads or writes PostgreSQL goes through these.
 * `createStore(orm)` in `store/store.ts` makes one; `transaction` gives the same repositories bound to one transaction.
 * Dates are `Date`, absent is `null`, money is bigint micros. Errors: `ArtenicError` only (`not-found`, `conflict`, `unavailable`, …).
 */
import type {
  AttemptEnding,
  AttemptState,
  CheckpointManifest,
  JobSpec,
  JobState,
  LogStream,
  ModelSignature,
  ModelStage,
  Page,
  TerminalJobState,
} from '@artenic/core';
import type { Capacity, CapacityClaim } from '../core/capacity/types.ts';
import type { FailoverAction, Offer } from '../core/failover/types.ts';
import type { InstanceRef } from '../core/instance-ref.ts';

export type Principal = { readonly id: string; readonly name: string; readonly projectId: string };

export type JobRecord = {
  readonly id: string;
  readonly projectId: string;
  readonly createdBy: string;
  readonly service: string;
  readonly model: string;
  readonly spec: JobSpec;
  readonly state: JobState;
  readonly message: string;
  readonly priority: number;
  /** The fence: only this attempt may write. 0 before the first. */
  readonly currentAttempt: number;
  readonly progress: number | null;
  readonly resultModel: string | null;
  readonly resultVersion: number | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  readonly cancelRequestedBy: string | null;
  /** When `maxHours` ends: set at the first hello. */
  readonly stopAt: Date | null;
  /** When the workflow's start was confirmed; null until then, and the relay starts it. */
  readonly workflowStartedAt: Date | null;
};

export type JobsRepository = {
  readonly insert: (job: {
    readonly id: string;
    readonly spec: JobSpec;
    readonly principal: Principal;
    readonly createdAt: Date;
  }) => Promise<JobRecord>;
  readonly find: (id: string) => Promise<JobRecord | null>;
  /** Throws `not-found`. */
  readonly get: (id: string) => Promise<JobRecord>;
  /** Newest first. `cursor` is opaque. */
  readonly list: (query: {
    readonly projectId: string;
    readonly states?: readonly JobState[];
    readonly service?: string;
    readonly cursor?: string;
    readonly limit: number;
  }) => Promise<Page<JobRecord>>;
  /**
   * Moves to `to` if `core/jobs/transitions.ts` allows it, and appends the event `job.state` in the same transaction.
   * A terminal job and a transition that is not allowed change nothing: the record comes back as it is.
   */
  readonly transition: (
    id: string,
    to: JobState,
    options?: { readonly message?: string; readonly resultModel?: string; readonly resultVersion?: number },
  ) => Promise<JobRecord>;
  /** The first request stays; a terminal job throws `conflict`. Moves to `cancelling` and appends the event. */
  readonly requestCancel: (id: string, by: string, at: Date) => Promise<JobRecord>;
  /** Moves the fence forward, never back. */
  readonly moveFence: (id: string, attempt: number) => Promise<void>;
  /** Sets `stopAt` once: createdAt-independent, first hello + maxHours. Returns the one that holds. */
  readonly setStopAt: (id: string, stopAt: Date) => Promise<Date>;
  readonly setProgress: (id: string, progress: number) => Promise<void>;
  readonly markWorkflowStarted: (id: string, at: Date) => Promise<void>;
  /** Not terminal, for the relay: `createdAt` before `olderThan`, oldest first. */
  readonly open: (query: { readonly olderThan: Date; readonly limit: number }) => Promise<readonly JobRecord[]>;
};

export type AttemptRecord = {
  readonly id: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly offer: Offer;
  readonly reason: string;
  readonly state: AttemptState;
  readonly handle: InstanceRef | null;
  readonly tokenHash: string | null;
  readonly stopRequested: 'cancelled' | 'max-hours' | null;
  readonly ending: AttemptEnding | null;
  readonly restoredFrom: string | null;
  readonly createdAt: Date;
  readonly launchedAt: Date | null;
  readonly helloAt: Date | null;
  readonly runningAt: Date | null;
  readonly lastHeartbeatAt: Date | null;
  readonly endedAt: Date | null;
};

export type AttemptsRepository = {
  /** Makes the row in state `waiting`; the same id again returns what is there. Appends the event `attempt.state` when made. */
  readonly open: (attempt: {
    readonly id: string;
    readonly jobId: string;
    readonly attempt: number;
    readonly offer: Offer;
    readonly reason: string;
    readonly createdAt: Date;
  }) => Promise<AttemptRecord>;
  readonly find: (id: string) => Promise<AttemptRecord | null>;
  readonly get: (id: string) => Promise<AttemptRecord>;
  /** Ascending by number. */
  readonly listByJob: (jobId: string) => Promise<readonly AttemptRecord[]>;
  /** Only forward (waiting → launching → starting → setup → running → stopping); `ended` is `end`'s. Stamps the matching time; appends the event. */
  readonly advance: (id: string, to: Exclude<AttemptState, 'waiting' | 'ended'>, at: Date) => Promise<AttemptRecord>;
  readonly setHandle: (id: string, handle: InstanceRef) => Promise<void>;
  /** First hello wins; the same hash again is fine; another hash, or an ended attempt, throws `fenced`. */
  readonly hello: (id: string, tokenHash: string, at: Date) => Promise<AttemptRecord>;
  readonly heartbeat: (id: string, at: Date) => Promise<void>;
  readonly setRestoredFrom: (id: string, name: string) => Promise<void>;
  readonly requestStop: (id: string, reason: 'cancelled' | 'max-hours') => Promise<void>;
  /** The first ending stays and is returned. Appends the event. */
  readonly end: (id: string, ending: AttemptEnding, at: Date) => Promise<AttemptEnding>;
};

export type DecisionRecord = {
  readonly jobId: string;
  readonly decision: number;
  readonly policyVersion: string;
  readonly inputs: unknown;
  readonly action: FailoverAction;
  readonly decidedAt: Date;
};
export type DecisionsRepository = {
  readonly find: (jobId: string, decision: number) => Promise<DecisionRecord | null>;
  readonly latest: (jobId: string) => Promise<DecisionRecord | null>;
  /** The first stored under a number stays and is returned. */
  readonly insert: (decision: DecisionRecord) => Promise<DecisionRecord>;
  readonly listByJob: (jobId: string) => Promise<readonly DecisionRecord[]>;
};

/** Capacity of a provider that we hand out ourselves (this machine's cores, memory and GPUs). */
export type CapacityRepository = {
  /** Queues the claim once; a claim that is there (waiting or granted) stays. */
  readonly claim: (provider: string, claim: CapacityClaim) => Promise<void>;
  /**
   * Grants waiting claims as `core/capacity/grant.ts` says, under a lock, against `total`. Returns the attempt ids granted by this call.
   */
  readonly grant: (provider: string, total: Capacity) => Promise<readonly string[]>;
  readonly isGranted: (attemptId: string) => Promise<boolean>;
  /** Gone already is success. */
  readonly release: (attemptId: string) => Promise<void>;
  /** 1-based places of waiting claims by attempt id, in the order they will be granted. */
  readonly positions: (provider: string) => Promise<ReadonlyMap<string, number>>;
  readonly inUse: (provider: string) => Promise<Capacity>;
};

export type StreamName = LogStream | 'metrics';
export type StreamsRepository = {
  /**
   * Exactly-once append by byte offset, under a row lock held to the transaction's end. Call inside `transaction`.
   * `skip` = bytes at the front of this piece that are already there; `mismatch` = a hole would be left.
   */
  readonly advance: (
    attemptId: string,
    stream: StreamName,
    offset: number,
    bytes: number,
  ) => Promise<
    { readonly kind: 'append'; readonly skip: number } | { readonly kind: 'mismatch'; readonly expectedOffset: number }
  >;
  readonly nextOffset: (attemptId: string, stream: StreamName) => Promise<number>;
};

export type MetricRow = {
  readonly jobId: string;
  readonly attempt: number;
  readonly name: string;
  readonly step: number;
  readonly epoch: number | null;
  readonly time: Date;
  readonly value: number;
};
export type MetricsRepository = {
  readonly insert: (points: readonly MetricRow[]) => Promise<void>;
  /** By step; at most `limit` points a name, thinned with the minimum and maximum of each bucket kept. A later attempt's points replace an earlier one's from its first step on. */
  readonly series: (query: {
    readonly jobId: string;
    readonly names?: readonly string[];
    readonly limit: number;
  }) => Promise<readonly MetricRow[]>;
  /** In the order they were written, after `afterId`; for following. */
  readonly after: (
    jobId: string,
    afterId: bigint,
    limit: number,
  ) => Promise<readonly (MetricRow & { readonly id: bigint })[]>;
  /** Last finite value by name. */
  readonly latest: (jobId: string) => Promise<ReadonlyMap<string, number>>;
};

export type LogChunkRecord = {
  readonly jobId: string;
  readonly attempt: number;
  readonly stream: LogStream;
  readonly offset: number;
  readonly bytes: number;
  readonly key: string;
};
export type LogChunksRepository = {
  readonly insert: (chunk: LogChunkRecord) => Promise<void>;
  /** Chunks that end after `offset`, ascending. */
  readonly from: (query: {
    readonly jobId: string;
    readonly attempt: number;
    readonly stream: LogStream;
    readonly offset: number;
    readonly limit: number;
  }) => Promise<readonly LogChunkRecord[]>;
  /** Kept bytes of the job, all attempts and streams. */
  readonly totalBytes: (jobId: string) => Promise<number>;
  /** Takes out the oldest chunks behind the kept head until at most `capBytes` are kept; returns them for deletion from storage. Head = the job's first `headBytes`. */
  readonly trim: (jobId: string, capBytes: number, headBytes: number) => Promise<readonly LogChunkRecord[]>;
};

export type CheckpointsRepository = {
  /** The same attempt and sequence again is fine. Appends the event `job.checkpoint`. */
  readonly insert: (manifest: CheckpointManifest) => Promise<void>;
  /** Newest first: attempt, then sequence. */
  readonly listByJob: (jobId: string) => Promise<readonly CheckpointManifest[]>;
};

export type ModelRecord = {
  readonly name: string;
  readonly projectId: string;
  readonly createdAt: Date;
  readonly latestVersion: number;
  readonly productionVersion: number | null;
};
export type ModelVersionRecord = {
  readonly model: string;
  readonly version: number;
  readonly stage: ModelStage;
  readonly format: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly signature: ModelSignature;
  readonly metrics: Readonly<Record<string, number>>;
  readonly jobId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
};
export type StageChangeRecord = {
  readonly version: number;
  readonly from: ModelStage | null;
  readonly to: ModelStage;
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
};
export type ModelsRepository = {
  /** Next version number, under a lock on the model. With `jobId`, the same job again returns its version. Appends the event `model.version`. */
  readonly register: (version: {
    readonly model: string;
    readonly projectId: string;
    readonly format: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly signature: ModelSignature;
    readonly metrics: Readonly<Record<string, number>>;
    readonly jobId: string | null;
    readonly createdBy: string;
    readonly createdAt: Date;
  }) => Promise<ModelVersionRecord>;
  readonly list: (query: {
    readonly projectId: string;
    readonly cursor?: string;
    readonly limit: number;
  }) => Promise<Page<ModelRecord>>;
  readonly get: (projectId: string, name: string) => Promise<ModelRecord>;
  /** Newest first. */
  readonly versions: (projectId: string, name: string) => Promise<readonly ModelVersionRecord[]>;
  readonly getVersion: (projectId: string, name: string, version: number) => Promise<ModelVersionRecord>;
  /** The one in production; null when there is none. */
  readonly production: (projectId: string, name: string) => Promise<ModelVersionRecord | null>;
  /** To `production`: the one before goes back to `registered`, in the same transaction. A retired version throws `conflict`; a stage it already has changes nothing. History and event are written. */
  readonly setStage: (change: {
    readonly projectId: string;
    readonly name: string;
    readonly version: number;
    readonly to: ModelStage;
    readonly by: string;
    readonly at: Date;
    readonly reason: string;
  }) => Promise<ModelVersionRecord>;
  /** Oldest first. */
  readonly stageHistory: (projectId: string, name: string) => Promise<readonly StageChangeRecord[]>;
};

/** `topic` is what readers subscribe to: `jobs`, `job:<id>`, `models`, `providers`. */
export type EventInput = {
  readonly topic: string;
  readonly kind: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
};
export type EventRecord = EventInput & { readonly sequence: bigint; readonly at: Date };
export type EventsRepository = {
  /** Appends without a number; it gets one after commit, by `sequence`. Wakes listeners (`NOTIFY artenic_events`) at commit. */
  readonly append: (event: EventInput) => Promise<void>;
  /** Numbers what has been committed since, in one short transaction under an advisory lock; returns how many. Any process may call it at any time. */
  readonly sequence: () => Promise<number>;
  readonly after: (sequence: bigint, limit: number) => Promise<readonly EventRecord[]>;
  readonly lastSequence: () => Promise<bigint>;
};

export type StoredResponse = {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
};
export type IdempotencyRepository = {
  /**
   * Reserves the key for this request. `new`: go on, and call `complete` in the transaction of the effect.
   * `replay`: answer with what is stored. `in-flight` and `mismatch` as their names say. A reservation expires after `lockMs`.
   */
  readonly begin: (request: {
    readonly key: string;
    readonly principalId: string;
    readonly route: string;
    readonly bodySha256: string;
    readonly now: Date;
    readonly lockMs: number;
  }) => Promise<
    | { readonly kind: 'new' }
    | { readonly kind: 'in-flight' }
    | { readonly kind: 'mismatch' }
    | { readonly kind: 'replay'; readonly response: StoredResponse }
  >;
  readonly complete: (key: string, principalId: string, response: StoredResponse) => Promise<void>;
  /** Gives the key back after a failure that had no effect. */
  readonly abandon: (key: string, principalId: string) => Promise<void>;
  readonly purge: (olderThan: Date) => Promise<number>;
};

export type ApiKeyRecord = {
  readonly id: string;
  readonly name: string;
  readonly secretHash: string;
  readonly role: 'admin';
  readonly projectId: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
};
export type ApiKeysRepository = {
  /** The same id again replaces hash and name: `npm start` keeps the admin key's row true to its file. */
  readonly upsert: (key: Omit<ApiKeyRecord, 'revokedAt'>) => Promise<void>;
  readonly find: (id: string) => Promise<ApiKeyRecord | null>;
  readonly revoke: (id: string, at: Date) => Promise<void>;
};

export type ProviderRecord = {
  readonly name: string;
  readonly usable: boolean;
  readonly message: string;
  readonly capabilities: {
    readonly spot: boolean;
    readonly preemptionNotice: boolean;
    readonly idempotencyToken: boolean;
    readonly regions: boolean;
  };
  readonly capacity: (Capacity & { readonly gpuType: string | null }) | null;
  readonly checkedAt: Date;
};
export type ProvidersRepository = {
  readonly upsert: (provider: ProviderRecord) => Promise<void>;
  readonly find: (name: string) => Promise<ProviderRecord | null>;
  readonly list: () => Promise<readonly ProviderRecord[]>;
};

export type RunnerEventsRepository = {
  /** True the first time this attempt sends this event id. */
  readonly firstTime: (attemptId: string, eventId: string, at: Date) => Promise<boolean>;
};

export type Repositories = {
  readonly jobs: JobsRepository;
  readonly attempts: AttemptsRepository;
  readonly decisions: DecisionsRepository;
  readonly capacity: CapacityRepository;
  readonly streams: StreamsRepository;
  readonly metrics: MetricsRepository;
  readonly logChunks: LogChunksRepository;
  readonly checkpoints: CheckpointsRepository;
  readonly models: ModelsRepository;
  readonly events: EventsRepository;
  readonly idempotency: IdempotencyRepository;
  readonly apiKeys: ApiKeysRepository;
  readonly providers: ProvidersRepository;
  readonly runnerEvents: RunnerEventsRepository;
};

export type Store = Repositories & {
  readonly transaction: <T>(work: (repositories: Repositories) => Promise<T>) => Promise<T>;
  /** Throws `unavailable` when PostgreSQL does not answer within `timeoutMs`. */
  readonly ping: (timeoutMs: number) => Promise<void>;
};

export type { TerminalJobState };
