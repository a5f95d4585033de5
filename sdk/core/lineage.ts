import { z } from 'zod';
import { modelStages } from './states.ts';

const timestamp = z.iso.datetime();

/** Kinds of nodes in the lineage. An `artifact` is anything else that a run names: a file, an address, a hash. */
export const lineageKinds = [
  ...(['dataset', 'dataset-version', 'run', 'model', 'model-version', 'stage', 'feature', 'artifact'] as const),
] as const;
export type LineageKind = (typeof lineageKinds)[number];

/**
 * Kinds of edges; each points from what was first to what came from it.
 * - `version`: from a dataset or model to one of its versions.
 * - `input`: from what a run has read to the run.
 * - `output`: from a run to what it has made.
 * - `stage`: from a model version to the stage it is in.
 * - `derived`: from a thing to another one that was made of it, without a known run.
 */
export const lineageRelations = ['version', 'input', 'output', 'stage', 'derived'] as const;
export type LineageRelation = (typeof lineageRelations)[number];

/** `platform`: written with what it describes. `declared`: somebody has said so; only these can be removed. */
export const lineageOrigins = ['platform', 'declared'] as const;
export type LineageOrigin = (typeof lineageOrigins)[number];

export const lineageDirections = ['up', 'down', 'both'] as const;
export type LineageDirection = (typeof lineageDirections)[number];

/** Levels of a graph that one answer may have, and nodes. */
export const deepestLineage = 16;
export const mostLineageNodes = 1000;

/**
 * Id of a node: of a dataset its id, of a version `<dataset id>@<number>`, of a model its name, of a model version
 * `<model>@<number>`, of a stage `<model>@<stage>`, of a run or feature its id, of an artifact its name.
 */
export const lineageIdSchema = z.string().min(1).max(1024);

export const lineagePlaceSchema = z.object({ kind: z.enum(lineageKinds), id: z.string() });

export const lineageNodeSchema = lineagePlaceSchema.extend({
  /** For people: `reviews@3`, `penguins@2`, a run's name. Of a deleted thing its id. */
  name: z.string(),
  /** Status of a dataset or run, stage of a model version; null for what has none. */
  state: z.string().nullable(),
  /** The thing was deleted; what came from it still names it. */
  deleted: z.boolean(),
  /** Edges from the start: negative for what the start came from. */
  depth: z.number().int(),
});
export type LineageNodeView = z.output<typeof lineageNodeSchema>;

export const lineageEdgeSchema = z.object({
  source: lineagePlaceSchema,
  target: lineagePlaceSchema,
  relation: z.enum(lineageRelations),
  origin: z.enum(lineageOrigins),
  /** Patterns of the files that a run has read, when these were not all of them. */
  paths: z.array(z.string()).nullable(),
  createdBy: z.string(),
  createdAt: timestamp,
});
export type LineageEdgeView = z.output<typeof lineageEdgeSchema>;

export const lineageGraphSchema = z.object({
  nodes: z.array(lineageNodeSchema),
  edges: z.array(lineageEdgeSchema),
  /** More nodes or edges are within the depth than the answer holds; those that were written last are in it. */
  truncated: z.boolean(),
});
export type LineageGraph = z.output<typeof lineageGraphSchema>;

/** Model versions that were trained on a file, or on data that was made from it. */
export const seenModelsSchema = z.object({
  /** Those in production come first. */
  models: z.array(
    z.object({
      model: z.string(),
      version: z.number().int(),
      stage: z.enum(modelStages),
    }),
  ),
  /** There may be more than these: of the models, or of the versions and runs on the way to them. */
  truncated: z.boolean(),
});
export type SeenModels = z.output<typeof seenModelsSchema>;
