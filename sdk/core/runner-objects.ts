import { z } from 'zod';
import { storedPathSchema } from './relative-path.ts';
import { bootstrapSchema } from './runner-contract.ts';

// HTTP between runner and API, under /api/v1/runner, for runners that do not share the platform's disk.

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const key = z.string().min(1).max(1024);
const bytes = z.number().int().min(0);

/** Bootstrap data of a rented machine at its start. The machine chooses its own folders. */
export const bootstrapSeedSchema = bootstrapSchema.pick({
  apiUrl: true,
  attemptId: true,
  bootstrapToken: true,
  workDir: true,
  cacheDir: true,
});

/** `POST /bootstrap`: the rest of the bootstrap data, for the bootstrap token. */
export const bootstrapRequestSchema = bootstrapSchema.pick({ attemptId: true, bootstrapToken: true });
export const bootstrapAnswerSchema = z.object({
  jobId: bootstrapSchema.shape.jobId,
  attempt: bootstrapSchema.shape.attempt,
  heartbeatIntervalMs: z.number().int().positive(),
  shipIntervalMs: z.number().int().positive(),
  traceparent: bootstrapSchema.shape.traceparent,
});

const signedContentSchema = z.strictObject({ bytes, sha256 });
const objectRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('get'), key }).meta({ id: 'ObjectGet' }),
  /** Without `content` when the content is not known yet. */
  z.strictObject({ kind: z.literal('put'), key, content: signedContentSchema.optional() }).meta({ id: 'ObjectPut' }),
  z
    .strictObject({
      kind: z.literal('part'),
      key,
      uploadId: z.string().min(1).max(2048),
      partNumber: z.number().int().min(1).max(10_000),
      content: signedContentSchema,
    })
    .meta({ id: 'ObjectPart' }),
]);
export type ObjectRequest = z.output<typeof objectRequestSchema>;

/** `POST /objects/sign`: signed requests to object storage, for objects that this attempt may read or write. */
export const signRequestSchema = z.strictObject({
  requests: z.array(objectRequestSchema).min(1).max(200),
  /** `ahead`: for the time while the API may be away. */
  use: z.enum(['now', 'ahead']),
});
export const signedRequestSchema = z.object({
  method: z.enum(['GET', 'PUT']),
  url: z.url(),
  /** Send them unchanged; `content-length` follows from the body. */
  headers: z.record(z.string(), z.string()),
  expiresAt: z.iso.datetime(),
});
export type SignedObjectRequest = z.output<typeof signedRequestSchema>;
/** In the order of the requests. */
export const signAnswerSchema = z.object({ requests: z.array(signedRequestSchema) });

/** `POST /data`: files of the dataset at this index of the job's `data`, behind a path of an earlier answer. */
export const dataPageRequestSchema = z.strictObject({
  position: z.number().int().min(0).max(1023),
  after: z.string().min(1).max(1024).nullable(),
});
export const dataPageAnswerSchema = z.object({
  files: z.array(
    z.object({
      path: storedPathSchema,
      sha256,
      bytes,
      /** The content was removed from the dataset and cannot be fetched. */
      purged: z.boolean(),
    }),
  ),
  /** Where the next page begins; null at the end. */
  next: z.string().nullable(),
  /** Sums over all pages. */
  total: z.object({ files: z.number().int(), bytes }),
});
export type DataPage = z.output<typeof dataPageAnswerSchema>;

/** `POST /objects/uploads`: begins an object in parts; `null` where one request takes it whole. */
export const beginUploadSchema = z.strictObject({ key, bytes });
export const beginUploadAnswerSchema = z.object({
  upload: z.object({ uploadId: z.string(), partBytes: z.number().int().positive() }).nullable(),
});
/** `POST /objects/uploads/complete`: makes the object visible. Repeating it is harmless. */
export const completeUploadSchema = z.strictObject({
  key,
  uploadId: z.string().min(1).max(2048),
  parts: z
    .array(z.strictObject({ etag: z.string().min(1).max(256), sha256 }))
    .min(1)
    .max(10_000),
});
/** `POST /objects/uploads/abort`: succeeds when the upload is already gone. */
export const abortUploadSchema = completeUploadSchema.omit({ parts: true });

/** `POST /objects/checkpoints`: keys of all checkpoints of the job. */
export const checkpointKeysSchema = z.object({ keys: z.array(z.string()) });
/**
 * `POST /objects/checkpoints/remove`: removes one of this attempt's own, its manifest first. Succeeds when it is
 * already gone.
 */
export const removeCheckpointSchema = z.strictObject({ sequence: z.number().int().min(1) });
