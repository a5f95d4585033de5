import type { FeatureView, LineageEdgeView, LineageGraph, LineageNodeView, RunIo, RunView } from '@artenic/core';
import type { Graph } from '../../app/lineage/graph.ts';
import type { LineagePlace } from '../../core/lineage/relations.ts';
import type { FeatureRecord, LineageEdgeRecord, LineageNodeFacts, RunRecord } from '../../store/types.ts';

export function runView(run: RunRecord): RunView {
  const { id, name, status, jobId, triggeredBy, parameters, metrics, createdBy, startedAt, finishedAt } = run;
  const between =
    startedAt === null || finishedAt === null ? null : (finishedAt.getTime() - startedAt.getTime()) / 1000;
  return {
    ...{ id, name, status, jobId, triggeredBy, parameters, metrics, createdBy },
    createdAt: run.createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
    durationSeconds: run.durationSeconds ?? between,
  };
}

export function featureView(feature: FeatureRecord): FeatureView {
  const { id, name, version, label, type, description, datasetId, columns, metadata, createdBy } = feature;
  const { createdAt, updatedAt } = feature;
  return {
    ...{ id, name, version, label, type, description, datasetId, metadata, createdBy },
    columns: [...columns],
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function nodeView({ kind, id }: LineagePlace, facts: LineageNodeFacts): Omit<LineageNodeView, 'depth'> {
  return { kind, id, name: facts?.name ?? id, state: facts?.state ?? null, deleted: facts === null };
}

export function edgeView(edge: LineageEdgeRecord): LineageEdgeView {
  const { source, target, relation, origin, paths, createdBy, createdAt } = edge;
  const part = paths === null ? null : [...paths];
  return { source, target, relation, origin, paths: part, createdBy, createdAt: createdAt.toISOString() };
}

export function graphView({ nodes, edges, isTruncated }: Graph): LineageGraph {
  return {
    nodes: nodes.map(({ facts, depth, ...place }) => ({ ...nodeView(place, facts), depth })),
    edges: edges.map(edgeView),
    truncated: isTruncated,
  };
}

/** An edge at a run; the facts are those of its other end. */
export function ioView(edge: LineageEdgeRecord, facts: LineageNodeFacts): RunIo {
  const isInput = edge.target.kind === 'run';
  const { origin, paths } = edge;
  return {
    ...nodeView(isInput ? edge.source : edge.target, facts),
    ...{ direction: isInput ? 'input' : 'output', origin, paths: paths === null ? null : [...paths] },
  };
}
