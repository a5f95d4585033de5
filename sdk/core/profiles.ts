import { z } from 'zod';
import { datasetFileSchema } from './datasets.ts';
import { jsonValueSchema } from './json-value.ts';

const count = z.number().int().min(0);

/**
 * A value of a table as JSON. Integers beyond 2^53, decimals and UUIDs are text with all their digits. NaN and
 * infinities are `NaN`, `Infinity` and `-Infinity`. Dates and times are ISO 8601 text, with `Z` when they have a zone.
 * Bytes are base64. Lists are arrays, structs are objects, maps are arrays of `[key, value]`.
 */
export const cellSchema = jsonValueSchema;
export type Cell = z.output<typeof cellSchema>;

export const columnClasses = ['boolean', 'integer', 'decimal', 'real', 'time', 'text', 'other'] as const;
export type ColumnClass = (typeof columnClasses)[number];

export const columnStatsSchema = z.object({
  nulls: count,
  /** An estimate, within a few percent; null for nested values. */
  distinct: count.nullable(),
  min: cellSchema.nullable(),
  max: cellSchema.nullable(),
  /** Of numbers, without NaN and infinities. */
  mean: z.number().nullable(),
  deviation: z.number().nullable(),
  /** Estimates at 5, 25, 50, 75 and 95 % for numbers, dates and times. */
  quantiles: z.array(cellSchema).max(5).nullable(),
  nan: count,
  positiveInfinity: count,
  negativeInfinity: count,
  /** Characters of texts. */
  length: z.object({ min: count, max: count, mean: z.number() }).nullable(),
  /** Values in ranges of equal width: `counts[i]` are those from `bounds[i]` to `bounds[i + 1]`. */
  histogram: z.object({ bounds: z.array(cellSchema).max(21), counts: z.array(count).max(20) }).nullable(),
  /** Most frequent values; empty where nearly every value is another one. */
  top: z.array(z.object({ value: cellSchema, count })).max(10),
});
export type ColumnStats = z.output<typeof columnStatsSchema>;

export const columnProfileSchema = z.object({
  name: z.string(),
  /** As DuckDB writes it: `BIGINT`, `VARCHAR`, `STRUCT(a INTEGER)`. */
  type: z.string(),
  class: z.enum(columnClasses),
  /** Null beyond the first 500 columns. */
  stats: columnStatsSchema.nullable(),
});
export type ColumnProfile = z.output<typeof columnProfileSchema>;

export const profileFailures = ['broken', 'too-large', 'too-slow', 'crashed'] as const;
/** Why a file has no profile. */
export const profileFailureSchema = z.object({
  reason: z.enum(profileFailures),
  message: z.string(),
  /** Line of the file, or number of its record; null where it is not known. */
  row: count.nullable(),
  /** Column from 1; null where it is not known. */
  column: count.nullable(),
});
export type ProfileFailure = z.output<typeof profileFailureSchema>;

export const contentProfileSchema = z.discriminatedUnion('kind', [
  z
    .object({ kind: z.literal('table'), rows: count, columns: z.array(columnProfileSchema).max(10_000) })
    .meta({ id: 'TableProfile' }),
  z.object({ kind: z.literal('image'), width: count, height: count }).meta({ id: 'ImageProfile' }),
  z.object({ kind: z.literal('failed'), failure: profileFailureSchema }).meta({ id: 'FailedProfile' }),
]);
export type ContentProfile = z.output<typeof contentProfileSchema>;

/** `waiting`: its profile is being made. `none`: the file is of no kind that is profiled, or beyond the limit. */
export const profileStates = ['done', 'failed', 'waiting', 'none'] as const;

const described = datasetFileSchema.extend({ mediaType: z.string(), state: z.enum(profileStates) });

export const fileStatsSchema = described.extend({
  rows: count.nullable(),
  columns: count.nullable(),
  width: count.nullable(),
  height: count.nullable(),
  failure: profileFailureSchema.nullable(),
});
export type FileStats = z.output<typeof fileStatsSchema>;

export const datasetStatsSchema = z.object({
  version: count,
  files: count,
  bytes: count,
  /** The work on this version. `profiled`, `failed` and `skipped` count files that it added or changed. */
  profiles: z.object({
    state: z.enum(['waiting', 'done', 'none']),
    profiled: count,
    failed: count,
    /** Files beyond the limit for a version. */
    skipped: count,
    finishedAt: z.iso.datetime().nullable(),
  }),
  items: z.array(fileStatsSchema).max(1000),
  nextCursor: z.string().nullable(),
});
export type DatasetStats = z.output<typeof datasetStatsSchema>;

export const fileProfileSchema = described.extend({ profile: contentProfileSchema.nullable() });
export type FileProfile = z.output<typeof fileProfileSchema>;

/** Rows of one preview. */
export const mostPreviewRows = 200;
export const filterOperators = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains', 'null', 'notnull'] as const;
export type FilterOperator = (typeof filterOperators)[number];

export const previewSchema = z.object({
  version: count,
  path: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })).max(1000),
  /** Columns beyond the first 1,000 are left out. */
  columnsLeftOut: count,
  rows: z
    .array(
      z.object({
        /** Number of the row in the file, from 0. */
        row: count,
        cells: z.array(cellSchema).max(1000),
        /** Positions in `cells` of values that were too long and are cut, as text. */
        cut: z.array(count).max(1000),
      }),
    )
    .max(mostPreviewRows),
  offset: count,
  /** Rows that match filter and search; all without these. */
  total: count,
  /** Null at the end. */
  nextOffset: count.nullable(),
});
export type DatasetPreview = z.output<typeof previewSchema>;
