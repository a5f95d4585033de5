import { z } from 'zod';
import type { JobSpec } from './job-spec.ts';
import { jobSpecSchema } from './job-spec.ts';
import { jsonOrNull } from './json-or-null.ts';
import { mostEntries } from './most-entries.ts';
import { storedPathSchema } from './relative-path.ts';

/** Environment variables of every training command. */
export const runnerEnvironment = {
  configFile: 'ARTENIC_CONFIG_FILE',
  dataDir: 'ARTENIC_DATA_DIR',
  checkpointDir: 'ARTENIC_CHECKPOINT_DIR',
  metricsFile: 'ARTENIC_METRICS_FILE',
  outputDir: 'ARTENIC_OUTPUT_DIR',
  stopFile: 'ARTENIC_STOP_FILE',
  checkpointFile: 'ARTENIC_CHECKPOINT_FILE',
  purgedFile: 'ARTENIC_PURGED_FILE',
  jobId: 'ARTENIC_JOB_ID',
  attempt: 'ARTENIC_ATTEMPT',
} as const;

/** Marks every process of an attempt, so that a provider can prove that none is left. */
export const attemptMarkerVariable = 'ARTENIC_ATTEMPT_ID';

export const logStreams = ['setup', 'training'] as const;
export type LogStream = (typeof logStreams)[number];

/**
 * How the runner reaches objects. `directory`: a folder on its own machine. `signed`: by requests that the API signs.
 */
const storageGrantSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('directory'), root: z.string().min(1) }),
  z.strictObject({ kind: z.literal('signed') }),
]);
export type StorageGrant = z.output<typeof storageGrantSchema>;

const attemptIdSchema = z.string().min(1).max(256);

/** The file that a provider gives to the runner. Only one runner can use its token. */
export const bootstrapSchema = z.strictObject({
  attemptId: attemptIdSchema,
  jobId: z.string().min(1).max(128),
  attempt: z.number().int().min(1),
  apiUrl: z.url(),
  /** A JSON file with an `api` field, read again when the API cannot be reached; on this machine only. */
  endpointsFile: z.string().optional(),
  bootstrapToken: z.string().min(32).max(256),
  /** The instance's own folder, which contains all files of the attempt. */
  workDir: z.string().min(1),
  /** Shared by attempts on this machine: prepared setups and contents of data, by hash. */
  cacheDir: z.string().min(1),
  storage: storageGrantSchema,
  heartbeatIntervalMs: z.number().int().positive().default(1000),
  shipIntervalMs: z.number().int().positive().default(250),
  /** The launch in its trace, as the W3C writes it; absent without traces. */
  traceparent: z
    .string()
    .regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
    .optional(),
});
export type Bootstrap = z.output<typeof bootstrapSchema>;

const storedFileSchema = z.strictObject({
  path: storedPathSchema,
  key: storedPathSchema.max(1024),
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The API reads a manifest whole: a runner keeps no checkpoint with a longer list of files. */
export const longestManifestBytes = 4_000_000;

const manifestFields = z.strictObject({
  jobId: z.string().min(1).max(128),
  attempt: z.number().int().min(1),
  sequence: z.number().int().min(1),
  /** Name of the entry in ARTENIC_CHECKPOINT_DIR. */
  name: storedPathSchema.max(255).refine((name) => !name.includes('/'), 'a name without "/"'),
  directory: z.boolean(),
  /** More entries than fit into `longestManifestBytes`. */
  files: z.array(storedFileSchema).max(40_000),
  createdAt: z.iso.datetime(),
});
/** The fields of a checkpoint that users see. */
export const checkpointSummarySchema = manifestFields.pick({ sequence: true, name: true, createdAt: true });

/**
 * One checkpoint in object storage. The manifest is written last, so a checkpoint without a manifest does not exist.
 * Its writer is not trusted: every file must be beside the manifest or among the attempt's own spares, and is restored
 * below one folder.
 */
export const checkpointManifestSchema = manifestFields.refine(
  ({ jobId, attempt, sequence, files }) =>
    files.every(({ key }) => isOwnKey(key, objectKeys.checkpoint(jobId, attempt, sequence), { jobId, attempt })),
  'a file is not of this checkpoint',
);
export type CheckpointManifest = z.output<typeof checkpointManifestSchema>;

/** The manifest read from `key`; null when it is damaged or describes another checkpoint. */
export function manifestAt(key: string, text: string): CheckpointManifest | null {
  const manifest = checkpointManifestSchema.safeParse(jsonOrNull(text)).data;
  if (manifest === undefined) return null;
  return objectKeys.checkpointManifest(manifest.jobId, manifest.attempt, manifest.sequence) === key ? manifest : null;
}

/** Outputs that the runner could not store. `files` lists the first of them; absent when all are stored. */
const notKeptSchema = z.strictObject({
  count: z.number().int().min(1),
  files: z.array(z.strictObject({ path: z.string().max(1024), reason: z.string().max(500) })).max(20),
});
export type NotKept = z.output<typeof notKeptSchema>;

/**
 * Reasons for which a runner stops a running command: the answer to a heartbeat requests a stop with one of them, and
 * the completion marker contains it. `stop-requested` says nothing about the job.
 */
export const runnerStopReasons = ['stop-requested', 'max-hours'] as const;
export type RunnerStopReason = (typeof runnerStopReasons)[number];

/** A reason that this runner does not know, from another release, also requests a stop. */
export function runnerStopReasonOf(word: string): RunnerStopReason {
  return runnerStopReasons.find((reason) => reason === word) ?? 'stop-requested';
}

/**
 * The attempt's verdict, written to object storage before it is reported.
 * `reason`: the command ended by itself (`exited`), or a stop was requested.
 */
export const completionMarkerSchema = z.strictObject({
  attemptId: z.string().max(256),
  phase: z.enum(['setup', 'training']),
  reason: z.enum(['exited', ...runnerStopReasons, 'restore-failed', 'fenced']),
  exitCode: z.number().int().nullable(),
  signal: z.string().max(64).nullable(),
  message: z.string().max(10_000),
  outputs: z.array(storedFileSchema).max(400_000),
  notKept: notKeptSchema.optional(),
  setupFreeze: z.string().max(1_000_000).nullable(),
  timings: mostEntries(z.record(z.string().max(64), z.number()), 100).describe('Milliseconds by phase.'),
  finishedAt: z.iso.datetime(),
});
export type CompletionMarker = z.output<typeof completionMarkerSchema>;

/** True when every output belongs to this attempt: a marker's writer is not trusted. */
export function hasOwnOutputs({ outputs }: CompletionMarker, owner: AttemptOfJob): boolean {
  return outputs.every(({ path, key }) => {
    const proper = objectKeys.output(owner.jobId, owner.attempt, path);
    return key === proper || isOwnKey(key, objectKeys.spares(owner.jobId, owner.attempt), owner);
  });
}

type AttemptOfJob = { readonly jobId: string; readonly attempt: number };

function isOwnKey(key: string, prefix: string, { jobId, attempt }: AttemptOfJob): boolean {
  return key.startsWith(prefix) || key.startsWith(objectKeys.spares(jobId, attempt));
}

/** Keys in object storage; the same on both sides. */
export const objectKeys = {
  /** Programs for rented machines: the runner, and Node where an image has none. */
  program: (sha256: string) => `programs/${sha256}`,
  package: (sha256: string) => `packages/${sha256}`,
  data: (sha256: string) => `data/${sha256}`,
  checkpointPrefix: (jobId: string) => `jobs/${jobId}/checkpoints/`,
  /** Zero-padded so that the newest sorts last: attempt first, then sequence. */
  checkpoint: (jobId: string, attempt: number, sequence: number) =>
    `jobs/${jobId}/checkpoints/${String(attempt).padStart(6, '0')}-${String(sequence).padStart(9, '0')}/`,
  checkpointManifest: (jobId: string, attempt: number, sequence: number) =>
    `${objectKeys.checkpoint(jobId, attempt, sequence)}manifest.json`,
  attempts: (jobId: string) => `jobs/${jobId}/attempts/`,
  completion: (jobId: string, attempt: number) => `jobs/${jobId}/attempts/${attempt}/completion.json`,
  output: (jobId: string, attempt: number, path: string) => `jobs/${jobId}/attempts/${attempt}/outputs/${path}`,
  logs: (jobId: string, attempt: number, stream: LogStream) => `jobs/${jobId}/attempts/${attempt}/logs/${stream}/`,
  /** Contains the length: a shorter and a longer piece from the same offset must never replace each other. */
  logChunk: (jobId: string, attempt: number, stream: LogStream, offset: number, bytes: number) =>
    `${objectKeys.logs(jobId, attempt, stream)}${String(offset).padStart(14, '0')}-${bytes}.gz`,
  /** A whole log, as gzip members that are chunks. */
  wholeLog: (jobId: string, attempt: number, stream: LogStream, id: string) =>
    `${objectKeys.logs(jobId, attempt, stream)}whole-${id}.gz`,
  /** Objects that attempts store while the API is away: their keys are chosen before the content exists. */
  allSpares: (jobId: string) => `jobs/${jobId}/spares/`,
  spares: (jobId: string, attempt: number) => `${objectKeys.allSpares(jobId)}${attempt}/`,
  history: (jobId: string) => `jobs/${jobId}/history.json`,
  model: (sha256: string) => `models/${sha256}`,
  /** The rows of a content as Parquet, for previews. `revision` is that of the profiler. */
  copy: (sha256: string, format: string, revision: number) => `copies/${sha256}.${format}.${revision}.parquet`,
  upload: (uploadId: string) => `uploads/${uploadId}/`,
  /** Part of an upload that is not complete. Two writers of the same part have different names. */
  uploadPiece: (uploadId: string, start: number, name: string) =>
    `${objectKeys.upload(uploadId)}${String(start).padStart(16, '0')}-${name}`,
} as const;

// ---- HTTP between runner and API, under /api/v1/runner. All but hello carry `Authorization: Bearer <attemptToken>`.
// ----

/**
 * `POST /hello`: trades the bootstrap token for the runner's own token. Repeating it with the same token is harmless.
 */
export const helloRequestSchema = z.strictObject({
  attemptId: attemptIdSchema,
  bootstrapToken: z.string().max(256),
  /** Made by the runner: 32 random bytes as base64url. The server stores only its HMAC. */
  attemptToken: z.string().min(43).max(256),
  host: z.strictObject({
    hostname: z.string().max(255),
    platform: z.string().max(64),
    cores: z.number().int(),
    pid: z.number().int(),
  }),
});
export const helloResponseSchema = z.object({
  job: jobSpecSchema,
  /**
   * Checkpoints of all attempts. To find the newest, sort by attempt, then by sequence: each attempt has its own
   * sequence.
   */
  checkpoints: z.array(checkpointManifestSchema),
  /** When `maxHours` ends, as an ISO time. */
  stopAt: z.iso.datetime(),
  secrets: z.record(z.string(), z.string()),
});
export type HelloResponse = {
  readonly job: JobSpec;
  readonly checkpoints: CheckpointManifest[];
  readonly stopAt: string;
  readonly secrets: Record<string, string>;
};

/**
 * `POST /logs?stream=&offset=` and `POST /metrics?offset=`: raw bytes. 409 `offset-mismatch` carries `expectedOffset`.
 */
export const offsetResponseSchema = z.object({ nextOffset: z.number().int() });

/** Made by the sender, unique within its attempt: visible ASCII. */
const eventIdSchema = z.string().regex(/^[!-~]{1,128}$/);

/** `POST /events`: events that the workflow must receive, once per `id`. */
export const runnerEventSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('phase'),
      id: eventIdSchema,
      phase: z.enum(['setup', 'training']),
      restoredFrom: z.string().max(255).nullable().optional(),
    })
    .meta({ id: 'PhaseBegun' }),
  z
    .strictObject({ kind: z.literal('notice'), id: eventIdSchema, deadlineAt: z.iso.datetime() })
    .meta({ id: 'PreemptionNotice' }),
  /** The provider says that a notice has become more likely. */
  z
    .strictObject({ kind: z.literal('rebalance'), id: eventIdSchema, since: z.iso.datetime() })
    .meta({ id: 'RebalanceRecommended' }),
  z
    .strictObject({ kind: z.literal('stopped'), id: eventIdSchema, reason: z.string().max(255) })
    .meta({ id: 'CommandStopped' }),
  z
    .strictObject({ kind: z.literal('exited'), id: eventIdSchema, exitCode: z.number().int().nullable() })
    .meta({ id: 'CommandExited' }),
]);
export type RunnerEvent = z.output<typeof runnerEventSchema>;

/** `POST /heartbeat`: sends progress, receives requests. */
export const heartbeatRequestSchema = z.strictObject({
  phase: z.enum(['starting', 'setup', 'training', 'finishing']),
  /** Fraction of the total work in [0, 1], when the job reports it (metric `progress`). */
  progress: z.number().min(0).max(1).nullable(),
  /**
   * Present from `finishing` on, when the command has ended and its last files are being stored. `movedBytes` grows
   * with every byte that is read or stored for the first time: while it grows, ending the attempt would lose work. The
   * `exited` or `stopped` event follows when all is stored.
   */
  delivery: z.strictObject({ movedBytes: z.number().int().min(0) }).optional(),
});
export const heartbeatResponseSchema = z.object({
  /** One of `runnerStopReasons`. */
  stop: z.object({ reason: z.string(), now: z.boolean().optional().describe('The command gets no grace.') }).nullable(),
  /** A checkpoint is requested now; a repeated request keeps its time. Absent from an older API. */
  checkpoint: z.object({ askedAt: z.iso.datetime() }).nullable().default(null),
  /** The API knows that the provider takes the machine back. */
  notice: z.object({ deadlineAt: z.iso.datetime() }).nullable().default(null),
});
export type HeartbeatResponse = z.output<typeof heartbeatResponseSchema>;
