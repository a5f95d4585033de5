import { z } from 'zod';

const timestamp = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 as 64 lower-case hexadecimal digits');
const bytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const versionNumber = z.number().int().min(1).max(2_147_483_647);
const path = z.string().min(1).max(1024);
const message = z.string().max(2000);

export const datasetNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'lower-case letters, digits, ".", "_" and "-", at most 63, starting with a letter or digit',
  )
  .refine((name) => name !== 'storage-options', 'a name that is not an address of the API');
/** A name for a version; a number is a version, and `latest` is always the newest one. */
export const datasetTagSchema = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,62}$/, 'lower-case letters, digits, ".", "_" and "-", starting with a letter')
  .refine((tag) => tag !== 'latest', '`latest` is always the newest version');
/** `latest`, a number or a tag. */
export const datasetVersionRefSchema = z
  .string()
  .regex(/^(?:[1-9]\d{0,8}|[a-z][a-z0-9._-]{0,62})$/, '`latest`, the number of a version, or a tag');

export const datasetStates = ['created', 'active', 'archived'] as const;

/** Changes that one commit may have. */
export const mostDatasetChanges = 50_000;

export const newDatasetSchema = z.strictObject({
  name: datasetNameSchema,
  description: z.string().max(4000).default(''),
  /** An id of your own; the platform makes one when absent. */
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
    .optional(),
});
export type NewDataset = z.input<typeof newDatasetSchema>;

export const datasetChangeSchema = z.strictObject({
  name: datasetNameSchema.optional(),
  description: z.string().max(4000).optional(),
});
export const datasetStatusSchema = z.strictObject({ status: z.enum(datasetStates) });

export const datasetViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** `created`: no version yet. `archived`: no new versions. */
  status: z.enum(datasetStates),
  /** The newest version; null before the first. */
  version: versionNumber.nullable(),
  /** Files and bytes of the newest version. */
  files: z.number().int(),
  bytes,
  createdBy: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type DatasetView = z.output<typeof datasetViewSchema>;

export const datasetVersionViewSchema = z.object({
  version: versionNumber,
  /** Hash of all paths and contents: two versions with the same files have the same one. */
  root: sha256,
  parent: versionNumber.nullable(),
  files: z.number().int(),
  bytes,
  /** Files that differ from the parent. */
  added: z.number().int(),
  changed: z.number().int(),
  removed: z.number().int(),
  message: z.string(),
  createdBy: z.string(),
  createdAt: timestamp,
  /** The job that wrote it, if a job did. */
  jobId: z.string().nullable(),
  tags: z.array(z.string()),
});
export type DatasetVersionView = z.output<typeof datasetVersionViewSchema>;

export const datasetFileSchema = z.object({
  path: z.string(),
  sha256,
  bytes,
  /** The content was removed from all versions and cannot be fetched. */
  purged: z.boolean(),
});
export type DatasetFileView = z.output<typeof datasetFileSchema>;

export const datasetEntrySchema = z.discriminatedUnion('kind', [
  datasetFileSchema.extend({ kind: z.literal('file') }).meta({ id: 'DatasetFileEntry' }),
  z
    .object({ kind: z.literal('folder'), path: z.string(), files: z.number().int(), bytes })
    .meta({ id: 'DatasetFolderEntry' }),
]);
export type DatasetEntry = z.output<typeof datasetEntrySchema>;

const contentSchema = z.object({ sha256, bytes });
export const datasetDiffItemSchema = z.object({
  kind: z.enum(['added', 'changed', 'removed']),
  path: z.string(),
  before: contentSchema.nullable(),
  after: contentSchema.nullable(),
});
export type DatasetDiffItem = z.output<typeof datasetDiffItemSchema>;

const put = z.strictObject({ path, sha256, bytes });
export const commitSchema = z.strictObject({
  /** Files that the new version has, by the hash of their uploaded content. */
  put: z.array(put).max(mostDatasetChanges).default([]),
  /** Paths that it does not have. */
  remove: z.array(path).max(mostDatasetChanges).default([]),
  /** Instead of changes: take the files of this version. */
  restore: versionNumber.optional(),
  message: message.default(''),
  /** The newest version that you know, 0 for none: another one is a conflict. Absent: build on any. */
  expectedVersion: z.number().int().min(0).max(2_147_483_647).optional(),
});
export type DatasetCommit = z.input<typeof commitSchema>;

export const newDraftSchema = z.strictObject({
  /** The newest version that you know, 0 for none: another one is a conflict. */
  expectedVersion: z.number().int().min(0).max(2_147_483_647).optional(),
});
export const draftChangesSchema = commitSchema.pick({ put: true, remove: true });
export type DraftChanges = z.input<typeof draftChangesSchema>;
export const draftCommitSchema = z.strictObject({ message: message.default('') });

/** A version in the making; it ends when it has not changed for a week. */
export const datasetDraftSchema = z.object({
  id: z.string().min(1).max(128),
  /** The newest version when the draft began, 0 for none: the draft can only become the one after it. */
  baseVersion: z.number().int().min(0),
  /** Files and bytes with all changes so far. */
  files: z.number().int(),
  bytes,
  /** Summed over the requests. */
  added: z.number().int(),
  changed: z.number().int(),
  removed: z.number().int(),
  state: z.enum(['open', 'committed']),
  /** The version that it has become. */
  version: versionNumber.nullable(),
  createdBy: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type DatasetDraftView = z.output<typeof datasetDraftSchema>;

export const contentsRequestSchema = z.strictObject({
  contents: z.array(z.strictObject({ sha256, bytes })).min(1).max(1000),
});
export const contentsAnswerSchema = z.object({
  /** Contents that are not stored yet, with a request that stores each. */
  missing: z.array(
    z.object({
      sha256,
      request: z.object({
        method: z.enum(['GET', 'PUT']),
        url: z.url(),
        /** Send them unchanged; `content-length` follows from the body. */
        headers: z.record(z.string(), z.string()),
        expiresAt: timestamp,
      }),
    }),
  ),
});
export type MissingContent = z.output<typeof contentsAnswerSchema>['missing'][number];

export const datasetTagViewSchema = z.object({
  tag: z.string(),
  version: versionNumber,
  movedBy: z.string(),
  movedAt: timestamp,
});
export type DatasetTagView = z.output<typeof datasetTagViewSchema>;
export const datasetTagMoveSchema = z.object({
  tag: z.string(),
  from: versionNumber.nullable(),
  /** Null: the tag was removed. */
  to: versionNumber.nullable(),
  movedBy: z.string(),
  movedAt: timestamp,
});
export type DatasetTagMoveView = z.output<typeof datasetTagMoveSchema>;
export const setTagSchema = z.strictObject({ version: versionNumber });

export const purgeSchema = z
  .strictObject({
    /** The content of this file in the newest version. */
    path: path.optional(),
    sha256: sha256.optional(),
    reason: z.string().min(1).max(2000),
  })
  .refine(({ path: named, sha256: hash }) => (named === undefined) !== (hash === undefined), 'give `path` or `sha256`');
export const purgeAnswerSchema = z.object({
  sha256,
  /** Other datasets that keep the content. */
  elsewhere: z.number().int(),
});
