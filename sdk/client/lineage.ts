import {
  featureViewSchema,
  lineageEdgeSchema,
  lineageGraphSchema,
  pageSchema,
  runIoSchema,
  runViewSchema,
  seenModelsSchema,
  type FeatureChange,
  type FeatureView,
  type LineageDirection,
  type LineageEdgeView,
  type LineageGraph,
  type LineageKind,
  type LineageRef,
  type NewFeature,
  type NewRun,
  type RunChange,
  type RunIo,
  type RunState,
  type RunView,
  type RunWay,
  type SeenModels,
} from '@artenic/core';
import type { z } from 'zod';
import type { Http } from './http.ts';
import { pages } from './pages.ts';

type Query = Readonly<Record<string, string | number | undefined>>;

const all =
  (http: Http) =>
  <T extends z.ZodType>(path: string, item: T, query: Query = {}): AsyncGenerator<z.output<T>> =>
    pages<z.output<T>>((cursor) => http.json({ method: 'GET', path, query: { ...query, cursor } }, pageSchema(item)));

async function remove(http: Http, path: string, query: Query = {}): Promise<void> {
  await http.raw({ method: 'DELETE', path, query }, (response) => response.text());
}

const runPath = (run: string, rest = ''): string => `/api/v1/runs/${encodeURIComponent(run)}${rest}`;
const featurePath = (feature: string): string => `/api/v1/features/${encodeURIComponent(feature)}`;

/** Runs: one for each job, and those that are opened for trainings elsewhere. */
export function runsApi(http: Http) {
  return {
    open: (run: NewRun = {}): Promise<RunView> =>
      http.json({ method: 'POST', path: '/api/v1/runs', json: run }, runViewSchema),
    /** Newest first. */
    list: (
      query: { readonly status?: RunState; readonly triggeredBy?: string; readonly limit?: number } = {},
    ): AsyncGenerator<RunView> => all(http)('/api/v1/runs', runViewSchema, query),
    get: (run: string): Promise<RunView> => http.json({ method: 'GET', path: runPath(run) }, runViewSchema),
    update: (run: string, change: RunChange): Promise<RunView> =>
      http.json({ method: 'PATCH', path: runPath(run, '/status'), json: change }, runViewSchema),
    delete: (run: string): Promise<void> => remove(http, runPath(run)),
    /** Inputs and outputs, newest first. */
    io: (run: string): AsyncGenerator<RunIo> => all(http)(runPath(run, '/io'), runIoSchema),
    declare: (run: string, direction: RunWay, { kind, id }: LineageRef): Promise<RunIo> =>
      http.json({ method: 'POST', path: runPath(run, '/io'), json: { entity_id: id, kind, direction } }, runIoSchema),
    removeIo: (run: string, direction: RunWay, { kind, id }: LineageRef): Promise<void> =>
      remove(http, runPath(run, '/io'), { entity_id: id, kind, direction }),
  };
}

/** Features: versions of a name. */
export function featuresApi(http: Http) {
  return {
    define: (feature: NewFeature): Promise<FeatureView> =>
      http.json({ method: 'POST', path: '/api/v1/features', json: feature }, featureViewSchema),
    /** Versions, newest first. */
    list: (query: { readonly name?: string } = {}): AsyncGenerator<FeatureView> =>
      all(http)('/api/v1/features', featureViewSchema, query),
    /** By id, or the newest version of a name. */
    get: (feature: string): Promise<FeatureView> =>
      http.json({ method: 'GET', path: featurePath(feature) }, featureViewSchema),
    update: (feature: string, change: FeatureChange): Promise<FeatureView> =>
      http.json({ method: 'PATCH', path: featurePath(feature), json: change }, featureViewSchema),
    delete: (feature: string): Promise<void> => remove(http, featurePath(feature)),
  };
}

/** A file by its content, or by its path in a dataset. */
export type LineageFile =
  | { readonly sha256: string }
  | { readonly dataset: string; readonly path: string; readonly version?: string };

export function lineageApi(http: Http) {
  return {
    /** Walks from a thing, by its id or name: of versions `reviews@3`, `penguins@production`. */
    graph: (
      { kind, id }: { readonly kind?: LineageKind | undefined; readonly id: string },
      query: { readonly direction?: LineageDirection; readonly depth?: number; readonly limit?: number } = {},
    ): Promise<LineageGraph> => {
      const place = kind === undefined ? encodeURIComponent(id) : `${kind}/${encodeURIComponent(id)}`;
      return http.json({ method: 'GET', path: `/api/v1/lineage/${place}/graph`, query }, lineageGraphSchema);
    },
    /** Model versions that were trained on a file; those in production come first. */
    modelsThatSaw: (
      file: LineageFile,
      { production = false, limit }: { readonly production?: boolean; readonly limit?: number } = {},
    ): Promise<SeenModels> =>
      http.json(
        {
          ...{ method: 'GET', path: '/api/v1/lineage/file/models' },
          query: { ...file, limit, production: production ? 'true' : undefined },
        },
        seenModelsSchema,
      ),
    /** Declares that the target was made of the source. */
    declare: (source: LineageRef, target: LineageRef): Promise<LineageEdgeView> =>
      http.json(
        {
          ...{ method: 'POST', path: '/api/v1/lineage' },
          json: {
            ...{ source_id: source.id, source_kind: source.kind, target_id: target.id, target_kind: target.kind },
            relation_type: 'derived',
          },
        },
        lineageEdgeSchema,
      ),
  };
}
