import { lineageKinds, type LineageKind, type LineageRef } from '@artenic/core';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import { lineagePlace, partsOfVersion, type LineagePlace } from '../../core/lineage/relations.ts';
import type { PrincipalStore } from '../../store/types.ts';

type Reads = Pick<PrincipalStore, 'datasets' | 'models' | 'runs' | 'features' | 'lineage'>;

const notFound = (kind: string, ref: string): ArtenicError =>
  new ArtenicError('not-found', `There is no ${kind} ${ref}.`);

function parts(kind: LineageKind, ref: string): { readonly parent: string; readonly version: string } {
  const found = partsOfVersion(ref);
  if (found === null) throw notFound(kind, ref);
  return found;
}

async function modelVersion({ models }: Reads, projectId: string, ref: string): Promise<LineagePlace> {
  const { parent, version } = parts('model-version', ref);
  if (version === 'production') {
    const found = await models.production(projectId, parent);
    if (found === null) throw notFound('model-version', ref);
    return lineagePlace.modelVersion(parent, found.version);
  }
  if (!/^[1-9]\d{0,8}$/.test(version)) throw notFound('model-version', ref);
  await models.getVersion(projectId, parent, Number(version));
  return lineagePlace.modelVersion(parent, Number(version));
}

type Look = (store: Reads, projectId: string, ref: string) => Promise<LineagePlace>;

/** How the things of a kind are found by what people call them. Each throws `not-found`. */
const looks: Readonly<Record<LineageKind, Look>> = {
  dataset: async ({ datasets }, projectId, ref) => lineagePlace.dataset((await datasets.get(projectId, ref)).id),
  'dataset-version': async ({ datasets }, projectId, ref) => {
    const { parent, version } = parts('dataset-version', ref);
    const { id } = await datasets.get(projectId, parent);
    return lineagePlace.datasetVersion(id, (await datasets.version(id, version)).version);
  },
  run: async ({ runs }, projectId, ref) => lineagePlace.run((await runs.get(projectId, ref)).id),
  model: async ({ models }, projectId, ref) => lineagePlace.model((await models.get(projectId, ref)).name),
  'model-version': modelVersion,
  feature: async ({ features }, projectId, ref) => lineagePlace.feature((await features.get(projectId, ref)).id),
  stage: (_store, _projectId, ref) => Promise.reject(notFound('stage', ref)),
  artifact: (_store, _projectId, ref) => Promise.reject(notFound('artifact', ref)),
};

async function hasEdge({ lineage }: Reads, projectId: string, node: LineagePlace): Promise<boolean> {
  return (await lineage.page({ projectId, node, way: 'both', limit: 1 })).items.length > 0;
}

/**
 * The node of a thing by its id or name; of a deleted one, a stage or an artifact by its id, if an edge names it.
 * Throws `not-found`.
 */
async function placeOf(store: Reads, projectId: string, kind: LineageKind, ref: string): Promise<LineagePlace> {
  try {
    return await looks[kind](store, projectId, ref);
  } catch (error) {
    const place = { kind, id: ref };
    if (isArtenicError(error, 'not-found') && (await hasEdge(store, projectId, place))) return place;
    throw error;
  }
}

/** Nodes of all kinds that are called so. */
async function placesCalled(store: Reads, projectId: string, ref: string): Promise<readonly LineagePlace[]> {
  const found = await Promise.all(
    lineageKinds.map(async (kind) => {
      try {
        return await placeOf(store, projectId, kind, ref);
      } catch (error) {
        if (isArtenicError(error, 'not-found')) return null;
        throw error;
      }
    }),
  );
  return found.filter((place) => place !== null);
}

/**
 * The one thing that is called so. Throws `not-found`, and `conflict` with the kinds when two kinds share what it is
 * called.
 */
export async function onlyPlaceOf(store: Reads, projectId: string, { kind, id }: LineageRef): Promise<LineagePlace> {
  if (kind !== undefined) return placeOf(store, projectId, kind, id);
  const [found, ...others] = await placesCalled(store, projectId, id);
  if (found === undefined) throw new ArtenicError('not-found', `Nothing in the lineage is called ${id}.`);
  if (others.length === 0) return found;
  const kinds = [found, ...others].map((place) => place.kind);
  throw new ArtenicError(
    'conflict',
    `${id} is a ${kinds.slice(0, -1).join(', a ')} and a ${kinds.at(-1)}. Give its kind.`,
    { errors: kinds.map((one) => ({ pointer: '/kind', message: one })) },
  );
}

/** The end of a declared edge. An artifact need not be known before: declaring the edge makes it known. */
export async function endOf(store: Reads, projectId: string, ref: LineageRef): Promise<LineagePlace> {
  return ref.kind === 'artifact' ? lineagePlace.artifact(ref.id) : onlyPlaceOf(store, projectId, ref);
}
