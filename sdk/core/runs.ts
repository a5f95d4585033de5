import { z } from 'zod';
import { jsonValueSchema } from './json-value.ts';
import { mostEntries } from './most-entries.ts';
import { lineageIdSchema, lineageKinds, lineageNodeSchema, lineageOrigins } from './lineage.ts';

const timestamp = z.iso.datetime();

/** A run has ended with one of the last three. */
export const runStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];

/** An id of the caller's own; the platform makes one when it is absent. */
export const entityIdSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'letters, digits, ".", "_" and "-", at most 128, starting with a letter or digit',
  );

/** Metrics, parameters or metadata that one entity may have. */
export const mostEntityFields = 200;
const fieldName = z.string().min(1).max(200);

export const runMetricsSchema = mostEntries(z.record(fieldName, z.number()), mostEntityFields);
export const freeFieldsSchema = mostEntries(z.record(fieldName, jsonValueSchema), mostEntityFields);

export const runViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(runStates),
  /** The job whose run this is; null for a run elsewhere. */
  jobId: z.string().nullable(),
  /** The person, schedule or program that has started it. */
  triggeredBy: z.string(),
  parameters: z.record(z.string(), jsonValueSchema),
  metrics: z.record(z.string(), z.number()),
  createdBy: z.string(),
  createdAt: timestamp,
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
  /** From start to end, or as its caller has said; null while it has not ended. */
  durationSeconds: z.number().nullable(),
});
export type RunView = z.output<typeof runViewSchema>;

export const runWays = ['input', 'output'] as const;
export type RunWay = (typeof runWays)[number];

/** A thing by what a caller calls it. */
export const lineageRefSchema = z.strictObject({
  /** Needed when two kinds share the id. */
  kind: z.enum(lineageKinds).optional(),
  /** Id or name; of a version `<name>@<number>`, `@latest` or `@<tag>`. */
  id: lineageIdSchema,
});
export type LineageRef = z.output<typeof lineageRefSchema>;

export const newRunSchema = z.strictObject({
  id: entityIdSchema.optional(),
  name: z.string().min(1).max(120).optional(),
  status: z.enum(runStates).default('queued'),
  parameters: freeFieldsSchema.default({}),
  metrics: runMetricsSchema.default({}),
  triggeredBy: z.string().min(1).max(200).optional(),
  inputs: z.array(lineageRefSchema).max(100).default([]),
  outputs: z.array(lineageRefSchema).max(100).default([]),
});
export type NewRun = z.input<typeof newRunSchema>;

export const runChangeSchema = z.strictObject({
  status: z.enum(runStates).optional(),
  /** Added to those that the run has, or in their place. */
  metrics: runMetricsSchema.optional(),
  durationSeconds: z.number().min(0).max(1e9).optional(),
});
export type RunChange = z.input<typeof runChangeSchema>;

/** Something that a run has read or made. */
export const runIoSchema = lineageNodeSchema.omit({ depth: true }).extend({
  direction: z.enum(runWays),
  origin: z.enum(lineageOrigins),
  paths: z.array(z.string()).nullable(),
});
export type RunIo = z.output<typeof runIoSchema>;
