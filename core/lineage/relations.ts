import type { LineageKind, LineageRelation } from '@artenic/core';

export type LineagePlace = { readonly kind: LineageKind; readonly id: string };

/** An edge without the circumstances of its making. */
export type LineageLink = {
  readonly source: LineagePlace;
  readonly target: LineagePlace;
  readonly relation: LineageRelation;
};

type Rule = {
  /** Kinds at both ends; the pairs of a row may all be combined. */
  readonly pairs: readonly (readonly [sources: readonly LineageKind[], targets: readonly LineageKind[]])[];
  /** The end that the edge belongs to, unless that is an artifact, which has no end of its own. */
  readonly owner: 'source' | 'target';
  /** Whether a caller may declare such an edge. All others are written by the platform. */
  readonly isDeclarable: boolean;
};

const made: readonly LineageKind[] = [
  ...(['dataset', 'dataset-version', 'model', 'model-version', 'feature', 'artifact'] as const),
];

export const relationRules: Readonly<Record<LineageRelation, Rule>> = {
  version: {
    pairs: [
      [['dataset'], ['dataset-version']],
      [['model'], ['model-version']],
    ],
    ...{ owner: 'source', isDeclarable: false },
  },
  input: { pairs: [[made, ['run']]], owner: 'target', isDeclarable: true },
  output: { pairs: [[['run'], made]], owner: 'target', isDeclarable: true },
  stage: { pairs: [[['model-version'], ['stage']]], owner: 'source', isDeclarable: false },
  derived: { pairs: [[made, made]], owner: 'target', isDeclarable: true },
};

/** Why there can be no such edge; null when there can. */
export function faultOfLink({ source, target, relation }: LineageLink): string | null {
  if (source.kind === target.kind && source.id === target.id) return `${source.kind} ${source.id} cannot name itself`;
  const fits = relationRules[relation].pairs.some(
    ([sources, targets]) => sources.includes(source.kind) && targets.includes(target.kind),
  );
  return fits ? null : `\`${relation}\` does not lead from a ${source.kind} to a ${target.kind}`;
}

/** Relations whose edges belong to this end. */
export function relationsOwnedBy(end: 'source' | 'target'): readonly LineageRelation[] {
  return (Object.keys(relationRules) as LineageRelation[]).filter((relation) => relationRules[relation].owner === end);
}

/** The end that the edge belongs to: the edge goes with it, and stays when only the other end goes. */
export function ownerOf({ source, target, relation }: LineageLink): LineagePlace {
  return relationRules[relation].owner === 'source' || target.kind === 'artifact' ? source : target;
}

const versionId = (parent: string, version: number | string): string => `${parent}@${version}`;

/** Nodes by what they are: no other code puts ids of nodes together. */
export const lineagePlace = {
  dataset: (id: string): LineagePlace => ({ kind: 'dataset', id }),
  datasetVersion: (id: string, version: number): LineagePlace => ({
    kind: 'dataset-version',
    id: versionId(id, version),
  }),
  run: (id: string): LineagePlace => ({ kind: 'run', id }),
  model: (name: string): LineagePlace => ({ kind: 'model', id: name }),
  modelVersion: (name: string, version: number): LineagePlace => ({
    kind: 'model-version',
    id: versionId(name, version),
  }),
  stage: (name: string, stage: string): LineagePlace => ({ kind: 'stage', id: versionId(name, stage) }),
  feature: (id: string): LineagePlace => ({ kind: 'feature', id }),
  artifact: (id: string): LineagePlace => ({ kind: 'artifact', id }),
} as const;

/** Both parts of the id of a version or stage; null for an id of another form. */
export function partsOfVersion(id: string): { readonly parent: string; readonly version: string } | null {
  const at = id.lastIndexOf('@');
  return at <= 0 || at === id.length - 1 ? null : { parent: id.slice(0, at), version: id.slice(at + 1) };
}

export const keyOfPlace = ({ kind, id }: LineagePlace): string => `${kind} ${id}`;
