import { formatSize, type DatasetView } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import type { Look } from '../../output/look.ts';
import { details, table } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';
import { showLineage, withGraphOptions } from '../lineage/lineage.ts';
import { addDatasetFiles } from './files.ts';
import { addDatasetProfiles } from './profiles.ts';
import { addDatasetUpload } from './upload.ts';
import { addDatasetVersions } from './versions.ts';

const versionOf = ({ version }: DatasetView): string => (version === null ? 'none' : String(version));

async function list(runtime: Runtime, options: { readonly status?: string }): Promise<void> {
  const status = (['created', 'active', 'archived'] as const).find((one) => one === options.status);
  if (options.status !== undefined && status === undefined)
    throw new CliError('usage', `--status ${options.status}: use created, active or archived`);
  const datasets: DatasetView[] = [];
  for await (const one of runtime.client().datasets.list(status === undefined ? {} : { status })) datasets.push(one);
  runtime
    .output()
    .result(datasets, (look) =>
      datasets.length === 0
        ? 'No datasets. Upload a folder: artenic dataset upload NAME FOLDER --create'
        : datasetTable(look, datasets),
    );
}

function datasetTable(look: Look, datasets: readonly DatasetView[]): string {
  return table(
    look,
    [
      { name: 'DATASET', cell: ({ name }) => name },
      { name: 'STATUS', cell: ({ status }) => status },
      { name: 'VERSION', cell: versionOf, isNumber: true },
      { name: 'FILES', cell: ({ files }) => files.toLocaleString('en'), isNumber: true, rank: 2 },
      { name: 'SIZE', cell: ({ bytes }) => formatSize(bytes), isNumber: true, rank: 1 },
      { name: 'CHANGED', cell: ({ updatedAt }) => look.ago(updatedAt), rank: 3 },
      { name: 'DESCRIPTION', cell: ({ description }) => description, isOptional: true, rank: 4 },
    ],
    datasets,
  );
}

function describeDataset(look: Look, dataset: DatasetView): string {
  const { id, name, description, status, files, bytes, createdBy, createdAt, updatedAt } = dataset;
  return details(look, [
    ['Dataset', name],
    ['Id', id],
    ['Description', description],
    ['Status', status],
    ['Newest version', versionOf(dataset)],
    ['Files', `${files.toLocaleString('en')}, ${formatSize(bytes)}`],
    ['Created', `${look.ago(createdAt)} by ${createdBy}`],
    ['Changed', look.ago(updatedAt)],
  ]);
}

async function create(runtime: Runtime, name: string, description: string): Promise<void> {
  const dataset = await runtime.client().datasets.create({ name, description });
  const output = runtime.output();
  output.result(dataset, () => `Created the dataset ${dataset.name}.`);
  output.next([['Upload', `artenic dataset upload ${dataset.name} FOLDER`]]);
}

type Update = { readonly name?: string; readonly description?: string; readonly status?: string };

async function update(runtime: Runtime, name: string, { status, ...change }: Update): Promise<void> {
  const { datasets } = runtime.client();
  if (status === undefined && Object.keys(change).length === 0)
    throw new CliError('usage', 'nothing to change: give --name, --description or --status');
  if (status !== undefined && status !== 'active' && status !== 'archived')
    throw new CliError('usage', `--status ${status}: use active or archived`);
  let dataset = Object.keys(change).length === 0 ? await datasets.get(name) : await datasets.update(name, change);
  if (status !== undefined) dataset = await datasets.setStatus(dataset.id, status);
  runtime.output().result(dataset, (look) => describeDataset(look, dataset));
}

async function remove(runtime: Runtime, name: string, { yes = false }: { readonly yes?: boolean }): Promise<void> {
  const { datasets } = runtime.client();
  const dataset = await datasets.get(name);
  if (!yes)
    throw new CliError(
      'usage',
      `${dataset.name} has ${dataset.files} files in its newest version; --yes deletes it with all versions`,
    );
  await datasets.delete(dataset.id);
  runtime.output().result({ deleted: dataset.id }, () => `Deleted the dataset ${dataset.name} with all versions.`);
}

type Purge = { readonly sha256?: string; readonly reason: string };

async function purge(runtime: Runtime, name: string, path: string | undefined, options: Purge): Promise<void> {
  if ((path === undefined) === (options.sha256 === undefined))
    throw new CliError('usage', 'give either a path or --sha256');
  const what = path === undefined ? { sha256: options.sha256 ?? '' } : { path };
  const done = await runtime.client().datasets.purge(name, { ...what, reason: options.reason });
  const rest = done.elsewhere === 0 ? '' : ` ${done.elsewhere} other datasets still have it.`;
  runtime.output().result(done, () => `Purged ${done.sha256} from all versions of ${name}.${rest}`);
}

/** `dataset`: datasets with their versions and files. */
export function addDatasets(program: Command, runtime: Runtime): void {
  const dataset = program.command('dataset').alias('datasets').description('Datasets with versions');
  dataset
    .command('list')
    .option('--status <status>', 'Only created, active or archived ones')
    .description('List datasets by name')
    .action((options: { status?: string }) => list(runtime, options));
  dataset
    .command('create')
    .argument('<name>')
    .option('--description <text>', 'What it holds', '')
    .description('Create a dataset without a version')
    .action((name: string, options: { description: string }) => create(runtime, name, options.description));
  dataset
    .command('get')
    .argument('<name>', 'Name or id')
    .description('Show a dataset')
    .action(async (name: string) => {
      const found = await runtime.client().datasets.get(name);
      runtime.output().result(found, (look) => describeDataset(look, found));
    });
  dataset
    .command('update')
    .argument('<name>', 'Name or id')
    .option('--name <name>', 'New name')
    .option('--description <text>', 'New description')
    .option('--status <status>', 'New status: archived takes no versions, active does')
    .description('Change name, description or status')
    .action((name: string, options: Update) => update(runtime, name, options));
  dataset
    .command('delete')
    .argument('<name>', 'Name or id')
    .option('--yes', 'Delete it with all versions')
    .description('Delete a dataset')
    .action((name: string, options: { yes?: boolean }) => remove(runtime, name, options));
  dataset
    .command('purge')
    .argument('<name>', 'Name or id')
    .argument('[path]', 'A file of the newest version')
    .option('--sha256 <hash>', 'The content by its hash')
    .requiredOption('--reason <text>', 'Reason, kept in the audit log')
    .description('Remove one content from all versions for good')
    .action((name: string, path: string | undefined, options: Purge) => purge(runtime, name, path, options));
  withGraphOptions(dataset.command('lineage').argument('<name>', 'Name or id; NAME@VERSION for one version'))
    .description('Show what a dataset came from, and what came from it')
    .action((name: string, options: Parameters<typeof showLineage>[2]) =>
      showLineage(runtime, { kind: name.includes('@') ? 'dataset-version' : 'dataset', id: name }, options),
    );
  addDatasetUpload(dataset, runtime);
  addDatasetFiles(dataset, runtime);
  addDatasetProfiles(dataset, runtime);
  addDatasetVersions(dataset, runtime);
}
