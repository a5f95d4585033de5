import { homedir } from 'node:os';
import { join } from 'node:path';
import { ArtenicApiError } from '@artenic/client';
import { formatSize, type DatasetView } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { uploadFolder, type Uploaded } from '../../datasets/upload.ts';
import type { Runtime } from '../../runtime.ts';

type Options = { readonly message: string; readonly create?: true; readonly keep?: true };

async function datasetFor(runtime: Runtime, name: string, mayCreate: boolean): Promise<DatasetView> {
  const { datasets } = runtime.client();
  try {
    return await datasets.get(name);
  } catch (error) {
    if (!(error instanceof ArtenicApiError) || error.problem.status !== 404) throw error;
    if (!mayCreate) throw new CliError('negative', `there is no dataset ${name}; --create creates it`);
    return datasets.create({ name });
  }
}

function told({ dataset, made, files, added, removed, sentFiles, sentBytes }: Uploaded): string {
  if (made === null) return `Nothing has changed: ${dataset} has these ${files} files already.`;
  const changes = `${added} files added or changed, ${removed} removed`;
  return `${dataset} version ${made.version}: ${changes}; sent ${sentFiles} files (${formatSize(sentBytes)}).`;
}

async function upload(runtime: Runtime, name: string, folder: string, options: Options): Promise<void> {
  const dataset = await datasetFor(runtime, name, options.create === true);
  const output = runtime.output();
  const url = runtime.settings().url?.value ?? '';
  const caches = runtime.terminal.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const tools = { client: runtime.client(), output, url, cache: join(caches, 'artenic') };
  const done = await uploadFolder(tools, dataset, folder, {
    message: options.message,
    keep: options.keep === true,
  });
  output.result(done, () => told(done));
  if (done.made !== null) output.next([['Files', `artenic dataset files ${dataset.name}`]]);
}

export function addDatasetUpload(dataset: Command, runtime: Runtime): void {
  dataset
    .command('upload')
    .argument('<name>', 'Name or id')
    .argument('<folder>')
    .option('-m, --message <text>', 'Kept with the version', '')
    .option('--create', 'Create the dataset if there is none')
    .option('--keep', 'Keep files of the dataset that the folder lacks')
    .description('Make a folder the newest version; only what the server lacks is sent')
    .action((name: string, folder: string, options: Options) => upload(runtime, name, folder, options));
}
