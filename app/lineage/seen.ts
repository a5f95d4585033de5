import type { ModelStage } from '@artenic/core';
import { lineagePlace, type LineagePlace } from '../../core/lineage/relations.ts';
import type { PrincipalStore, SeenModel } from '../../store/types.ts';

export type SeenQuery = {
  readonly projectId: string;
  /** A content wherever it is, or whatever a dataset has had at a path. */
  readonly file:
    | { readonly sha256: string }
    | { readonly dataset: string; readonly path: string; readonly version: string | null };
  /** Only model versions in this stage. */
  readonly stage: ModelStage | null;
  readonly limit: number;
};

export type Seen = {
  readonly items: readonly SeenModel[];
  readonly isTruncated: boolean;
};

/** Datasets with a content, versions of each, and jobs with the content as an inline file. */
const most = { datasets: 100, versions: 1000, jobs: 1000 } as const;

type Place = { readonly datasetId: string; readonly paths: readonly string[]; readonly sha256: string | null };
type Found = { readonly places: LineagePlace[]; isTruncated: boolean };

/** Adds the versions that have the file, and their dataset, of which somebody may have declared something. */
async function addVersions(
  { datasets, lineage }: Pick<PrincipalStore, 'datasets' | 'lineage'>,
  projectId: string,
  place: Place,
  found: Found,
): Promise<void> {
  const versions = await lineage.usedVersions(projectId, place.datasetId, most.versions + 1);
  if (versions.length > most.versions) found.isTruncated = true;
  const holding = await datasets.holding(place, versions.slice(0, most.versions));
  for (const version of holding) found.places.push(lineagePlace.datasetVersion(place.datasetId, version));
  if (place.sha256 !== null || holding.length > 0) found.places.push(lineagePlace.dataset(place.datasetId));
}

/**
 * Models that were trained on a file: on a version of a dataset that has it, on data that was made from one, or on the
 * file itself. Those in production come first.
 */
export async function modelsThatSaw(
  store: Pick<PrincipalStore, 'datasets' | 'lineage'>,
  { projectId, file, stage, limit }: SeenQuery,
): Promise<Seen> {
  const { datasets, lineage } = store;
  const found: Found = { places: [], isTruncated: false };
  if ('sha256' in file) {
    const occurrences = await datasets.occurrences(projectId, file.sha256, most.datasets + 1);
    for (const one of occurrences.slice(0, most.datasets)) {
      if (!one.isComplete) found.isTruncated = true;
      await addVersions(store, projectId, { ...one, sha256: file.sha256 }, found);
    }
    const jobs = await lineage.runsOfContent(projectId, file.sha256, most.jobs + 1);
    if (occurrences.length > most.datasets || jobs.length > most.jobs) found.isTruncated = true;
    found.places.push(...jobs.slice(0, most.jobs).map(lineagePlace.run));
  } else {
    const { id: datasetId } = await datasets.get(projectId, file.dataset);
    if (file.version === null) {
      await addVersions(store, projectId, { datasetId, paths: [file.path], sha256: null }, found);
    } else {
      const version = await datasets.version(datasetId, file.version);
      const place = { datasetId, paths: [file.path], sha256: null };
      if ((await datasets.holding(place, [version])).length > 0)
        found.places.push(lineagePlace.datasetVersion(datasetId, version.version));
    }
  }
  const { items, isTruncated } = await lineage.modelsBelow(projectId, found.places, { stage, limit });
  return { items, isTruncated: isTruncated || found.isTruncated };
}
