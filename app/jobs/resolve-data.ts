import { folderOfSource, nearest, partsOfSource, type DataItem, type DatasetSource, type JobSpec } from '@artenic/core';
import { ArtenicError, isArtenicError, type ErrorType } from '../../core/errors.ts';
import type { DatasetRecord, DatasetVersionRecord, JobDatasetInsert, PrincipalStore } from '../../store/types.ts';

/** Files of datasets that one job takes. */
const mostJobFiles = 1_000_000;
const filesAtOnce = 5000;
const mostNamed = 3;

type Datasets = Pick<PrincipalStore, 'datasets'>;

function refusal(type: ErrorType, pointer: string, message: string): ArtenicError {
  return new ArtenicError(type, message, { errors: [{ pointer, message }] });
}

async function datasetOf(
  { datasets }: Datasets,
  projectId: string,
  name: string,
  pointer: string,
): Promise<DatasetRecord> {
  try {
    return await datasets.get(projectId, name);
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
    const { items } = await datasets.list({ projectId, limit: 200 });
    const meant = nearest(
      name,
      items.map((one) => one.name),
    );
    const hint = meant === null ? '' : ` Did you mean "${meant}"?`;
    throw refusal('validation-failed', pointer, `There is no dataset ${name}.${hint}`);
  }
}

async function versionOf(
  { datasets }: Datasets,
  { id, name, status }: DatasetRecord,
  { reference, root }: { readonly reference: string; readonly root: string | undefined },
  pointer: string,
): Promise<DatasetVersionRecord> {
  if (status === 'archived')
    throw refusal('conflict', pointer, `The dataset ${name} is archived: it takes no new jobs. Activate it first.`);
  let version: DatasetVersionRecord;
  try {
    version = await datasets.version(id, reference);
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
    throw refusal('validation-failed', pointer, `${name}: ${error.message}`);
  }
  if (root !== undefined && root !== version.root)
    throw refusal(
      'conflict',
      pointer,
      `${name}@${version.version} has the root ${version.root}, not ${root}: it is another dataset than the job was made for.`,
    );
  return version;
}

type Amount = { readonly files: number; readonly bytes: number };

/** Files and bytes that the job takes. The tree is read only for patterns, and where purged files may be. */
async function amountOf(
  { datasets }: Datasets,
  version: DatasetVersionRecord,
  { dataset, paths, allowPurged }: DatasetSource,
  pointer: string,
): Promise<Amount> {
  const { datasetId, files, bytes } = version;
  if (paths === undefined && !(await datasets.hasPurged(datasetId))) return { files, bytes };
  const selection = paths?.map((pattern) => pattern.normalize('NFC')) ?? null;
  const amount = { files: 0, bytes: 0 };
  const purged: string[] = [];
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<Datasets['datasets']['selected']>> = await datasets.selected(version, {
      ...{ selection, after, limit: filesAtOnce },
    });
    for (const file of page.files) {
      if (file.isPurged) purged.push(file.path);
      else {
        amount.files++;
        amount.bytes += file.bytes;
      }
    }
    if (purged.length > 0 && allowPurged !== true) break;
    if (page.next === null) break;
    after = page.next;
  }
  if (purged.length > 0 && allowPurged !== true) {
    const named = purged.slice(0, mostNamed).map((path) => JSON.stringify(path));
    throw refusal(
      'purged',
      pointer,
      `Files of ${dataset} were purged: ${named.join(', ')}${purged.length > mostNamed ? ' and more' : ''}. Set \`allowPurged: true\` to run without them.`,
    );
  }
  if (amount.files === 0 && purged.length === 0)
    throw refusal('validation-failed', pointer, `No file of ${dataset} matches \`paths\`.`);
  return amount;
}

async function resolve(
  store: Datasets,
  projectId: string,
  source: DatasetSource,
  position: number,
): Promise<{ readonly item: DatasetSource; readonly version: JobDatasetInsert }> {
  const pointer = `/data/${position}/dataset`;
  const { dataset: name, version: reference } = partsOfSource(source);
  const dataset = await datasetOf(store, projectId, name, pointer);
  const version = await versionOf(store, dataset, { reference, root: source.root }, pointer);
  const item = {
    ...source,
    dataset: `${dataset.name}@${version.version}`,
    name: folderOfSource({ ...source, dataset: dataset.name }),
    root: version.root,
  };
  return {
    item,
    version: {
      ...{ position, datasetId: dataset.id, dataset: dataset.name, version: version.version, root: version.root },
      ...{ reference, folder: item.name, paths: source.paths ?? null, allowPurged: source.allowPurged ?? false },
      ...(await amountOf(store, version, item, pointer)),
    },
  };
}

/**
 * Fixes the dataset versions of a job: `reviews@latest` becomes `reviews@3` with its root. The job keeps them, so all of
 * its attempts, and a job that is made from its specification, use the same files.
 * @throws ArtenicError `validation-failed`, `conflict`, `purged`
 */
export async function resolveData(
  store: Datasets,
  projectId: string,
  spec: JobSpec,
): Promise<{ readonly spec: JobSpec; readonly datasets: readonly JobDatasetInsert[] }> {
  const data: DataItem[] = [];
  const datasets: JobDatasetInsert[] = [];
  for (const [position, item] of spec.data.entries()) {
    if (!('dataset' in item)) {
      data.push(item);
      continue;
    }
    const resolved = await resolve(store, projectId, item, position);
    data.push(resolved.item);
    datasets.push(resolved.version);
  }
  const files = datasets.reduce((sum, one) => sum + one.files, 0);
  if (files > mostJobFiles)
    throw refusal(
      'validation-failed',
      '/data',
      `The job takes ${files} files of datasets; at most ${mostJobFiles} are possible. Choose fewer by \`paths\`.`,
    );
  return { spec: { ...spec, data }, datasets };
}
