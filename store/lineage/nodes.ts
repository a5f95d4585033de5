import type { LineageKind } from '@artenic/core';
import { sql, type RawBuilder } from 'kysely';
import { keyOfPlace, partsOfVersion, type LineagePlace } from '../../core/lineage/relations.ts';
import type { Db } from '../database.ts';
import type { LineageNodeFacts } from '../types.ts';

type Found = { readonly id: string; readonly name: string; readonly state: string | null };
type Look = (projectId: string, ids: readonly string[]) => RawBuilder<Found>;

/** Parents and numbers of the ids of versions; ids of another form name nothing. */
function versionsOf(ids: readonly string[]): RawBuilder<unknown> {
  const parts = ids.flatMap((id) => {
    const found = partsOfVersion(id);
    return found !== null && /^[1-9]\d{0,8}$/.test(found.version) ? [{ id, ...found }] : [];
  });
  const [whole, parents] = [parts.map(({ id }) => id), parts.map(({ parent }) => parent)];
  return sql`unnest(${whole}::text[], ${parents}::text[], ${parts.map(({ version }) => Number(version))}::int[])
    as given (id, parent, version)`;
}

/** How the things of a kind are looked up; null for kinds whose nodes are no more than their ids. */
const looks: Readonly<Record<LineageKind, Look | null>> = {
  dataset: (projectId, ids) => sql`
    select id, name, status as state from datasets
    where project_id = ${projectId} and deleted_at is null and id = any (${ids})`,
  'dataset-version': (projectId, ids) => sql`
    select given.id, datasets.name || '@' || given.version as name, null as state
    from ${versionsOf(ids)} join datasets on datasets.id = given.parent
      join dataset_versions as made on made.dataset_id = given.parent and made.version = given.version
    where datasets.project_id = ${projectId} and datasets.deleted_at is null`,
  run: (projectId, ids) => sql`
    select id, name, status as state from runs where project_id = ${projectId} and id = any (${ids})`,
  model: (projectId, ids) => sql`
    select name as id, name, null as state from models where project_id = ${projectId} and name = any (${ids})`,
  'model-version': (projectId, ids) => sql`
    select given.id, given.id as name, made.stage as state
    from ${versionsOf(ids)} join model_versions as made
      on made.project_id = ${projectId} and made.model = given.parent and made.version = given.version`,
  stage: null,
  feature: (projectId, ids) => sql`
    select id, name || '@' || version as name, null as state from features
    where project_id = ${projectId} and id = any (${ids})`,
  artifact: null,
};

export async function describePlaces(
  db: Db,
  projectId: string,
  places: readonly LineagePlace[],
): Promise<readonly LineageNodeFacts[]> {
  const found = new Map<string, LineageNodeFacts>();
  for (const [kind, some] of Map.groupBy(places, (place) => place.kind)) {
    const look = looks[kind];
    if (look === null) {
      for (const place of some) found.set(keyOfPlace(place), { name: place.id, state: null });
      continue;
    }
    const ids = some.map(({ id }) => id);
    for (const { id, name, state } of (await look(projectId, ids).execute(db)).rows)
      found.set(keyOfPlace({ kind, id }), { name, state });
  }
  return places.map((place) => found.get(keyOfPlace(place)) ?? null);
}
