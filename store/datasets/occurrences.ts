import { findInRoots } from '../../core/datasets/find-in-roots.ts';
import type { Db } from '../database.ts';
import type { DatasetsRepository } from '../types.ts';
import { mostPaths } from './contents.ts';
import { nodesOf } from './nodes.ts';

type OccurrenceMethods = Pick<DatasetsRepository, 'occurrences' | 'holding'>;

export function occurrenceMethods(db: Db): OccurrenceMethods {
  return {
    occurrences: async (projectId, sha256, limit) => {
      const rows = await db
        .selectFrom('dataset_contents')
        .innerJoin('datasets', 'datasets.id', 'dataset_contents.datasetId')
        .select(['dataset_contents.datasetId', 'dataset_contents.paths'])
        .where('dataset_contents.sha256', '=', sha256)
        .where('datasets.projectId', '=', projectId)
        .where('datasets.deletedAt', 'is', null)
        .orderBy('datasets.id')
        .limit(limit)
        .execute();
      return rows.map(({ datasetId, paths }) => ({ datasetId, paths, isComplete: paths.length < mostPaths }));
    },
    holding: async ({ datasetId, paths, sha256 }, versions) => {
      const source = nodesOf(db, datasetId);
      const held = new Set<string>();
      for (const path of paths) {
        const open = [...new Set(versions.map(({ root }) => root))].filter((root) => !held.has(root));
        for (const [root, hash] of await findInRoots(source, open, path))
          if (sha256 === null || hash === sha256) held.add(root);
      }
      return versions.filter(({ root }) => held.has(root)).map(({ version }) => version);
    },
  };
}
