import { isArtenicError } from '../../core/errors.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { inTransaction, json, type Db } from '../database.ts';
import { entityBase, type EntityBase } from '../entity/base.ts';
import { writeEdges } from '../lineage/write.ts';
import type { FeatureRecord, FeaturesRepository } from '../types.ts';

const baseOf = (db: Db): EntityBase<'features'> =>
  entityBase(db, {
    ...{ table: 'features', noun: 'feature' },
    verbs: { create: 'feature.create', change: 'feature.change', delete: 'feature.delete' },
    detailsOf: ({ name, version }) => ({ name, version }),
  });

function insert(db: Db, feature: Omit<FeatureRecord, 'version' | 'updatedAt'>): Promise<FeatureRecord> {
  const { id, projectId, name, datasetId, columns, metadata, createdAt } = feature;
  return inTransaction(db, async (transaction) => {
    const base = baseOf(transaction);
    const version = await base.nextVersion(projectId, name);
    const row = { ...feature, version, columns: json(columns), metadata: json(metadata), updatedAt: createdAt };
    const made = await base.insert(row);
    if (datasetId !== null) {
      const [source, target] = [lineagePlace.dataset(datasetId), lineagePlace.feature(id)];
      await writeEdges(transaction, projectId, [{ source, target, relation: 'derived' }]);
    }
    return made;
  });
}

async function get(db: Db, projectId: string, ref: string): Promise<FeatureRecord> {
  const newest = () =>
    db
      .selectFrom('features')
      .selectAll()
      .where('projectId', '=', projectId)
      .where('name', '=', ref)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
  try {
    return await baseOf(db).get(projectId, ref);
  } catch (error) {
    const named = isArtenicError(error, 'not-found') ? await newest() : undefined;
    if (named === undefined) throw error;
    return named;
  }
}

export function createFeatures(db: Db): FeaturesRepository {
  const base = baseOf(db);
  return {
    insert: (feature) => insert(db, feature),
    get: (projectId, ref) => get(db, projectId, ref),
    list: ({ name, ...query }) => base.list({ ...query, filters: { name } }),
    update: (projectId, id, { description, metadata }, at) =>
      base.update(projectId, id, () => ({
        updatedAt: at,
        ...(description === undefined ? {} : { description }),
        ...(metadata === undefined ? {} : { metadata: json(metadata) }),
      })),
    remove: (projectId, id) => base.remove(projectId, id, () => null),
  };
}
