import { join } from 'node:path';
import { formatSize, type DatasetEntry, type DatasetFileView } from '@artenic/core';
import type { Command } from 'commander';
import { atOnce } from '../../at-once.ts';
import { CliError } from '../../cli-error.ts';
import { hashOf } from '../../job-file/hash.ts';
import { placeBelow, saveWhole, sizeOf } from '../../job-file/save.ts';
import { bar } from '../../output/output.ts';
import { shownPath } from '../../output/shown-path.ts';
import { table } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';

type ListOptions = { readonly recursive?: true };
type DownloadOptions = { readonly to?: string; readonly overwrite?: true };

const downloadsAtOnce = 8;

/** `reviews@3`: the newest version without the part behind `@`. */
export function placeOf(text: string): { readonly name: string; readonly version: string } {
  const [name = '', version = 'latest'] = text.split('@');
  return { name, version };
}

function withoutSlash(folder: string): string {
  let end = folder.length;
  while (folder[end - 1] === '/') end--;
  return folder.slice(0, end);
}

async function files(runtime: Runtime, text: string, folder: string | undefined, options: ListOptions): Promise<void> {
  const { name, version } = placeOf(text);
  const entries: DatasetEntry[] = [];
  const query = { version, recursive: options.recursive === true };
  const where = folder === undefined ? query : { ...query, folder: withoutSlash(folder) };
  for await (const entry of runtime.client().datasets.files(name, where)) entries.push(entry);
  runtime.output().result(entries, (look) =>
    entries.length === 0
      ? 'No files.'
      : table(
          look,
          [
            { name: 'SIZE', cell: ({ bytes }) => formatSize(bytes), isNumber: true },
            {
              name: 'FILES',
              cell: (entry) => (entry.kind === 'folder' ? entry.files.toLocaleString('en') : ''),
              isNumber: true,
              isOptional: true,
              rank: 1,
            },
            {
              name: 'PATH',
              cell: (entry) => {
                if (entry.kind === 'folder') return `${entry.path}/`;
                return entry.purged ? `${entry.path} (purged)` : entry.path;
              },
            },
          ],
          entries,
        ),
  );
}

/** Files below the named folders, and the named files; all without a name. */
async function wanted(
  runtime: Runtime,
  name: string,
  version: number,
  paths: readonly string[],
): Promise<readonly DatasetFileView[]> {
  const { datasets } = runtime.client();
  const found = new Map<string, DatasetFileView>();
  for (const path of paths.length === 0 ? [undefined] : paths.map(withoutSlash)) {
    const before = found.size;
    const query = { version, recursive: true };
    for await (const entry of datasets.files(name, path === undefined ? query : { ...query, folder: path }))
      if (entry.kind === 'file') found.set(entry.path, entry);
    if (path === undefined || found.size > before) continue;
    const parent = path.includes('/') ? { folder: path.slice(0, path.lastIndexOf('/')) } : {};
    for await (const entry of datasets.files(name, { version, ...parent }))
      if (entry.kind === 'file' && entry.path === path) found.set(path, entry);
    if (found.size === before) throw new CliError('negative', `${name} version ${version} has no ${path}`);
  }
  return [...found.values()];
}

async function download(
  runtime: Runtime,
  text: string,
  paths: readonly string[],
  options: DownloadOptions,
): Promise<void> {
  const { datasets } = runtime.client();
  const output = runtime.output();
  const place = placeOf(text);
  const { name } = place;
  const { version } = await datasets.version(name, place.version);
  const all = await wanted(runtime, name, version, paths);
  const purged = all.filter((file) => file.purged);
  for (const { path } of purged) output.say(`left out: ${path} was purged`);
  const target = options.to ?? join('.', `${name}-${version}`);
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  let [done, fetched] = [0, 0];
  await atOnce(
    downloadsAtOnce,
    all.filter((file) => !file.purged),
    async ({ path, sha256, bytes }) => {
      const file = placeBelow(target, path);
      const size = sizeOf(file);
      if (size !== bytes || (await hashOf(file)) !== sha256) {
        if (size !== null && options.overwrite !== true)
          throw new CliError('negative', `${file} already exists with other content; --overwrite replaces it`);
        const read = (content: ReadableStream<Uint8Array>) =>
          saveWhole(file, content, { bytes, sha256, onBytes: () => undefined });
        await datasets.readFile(name, path, read, version);
        fetched++;
      }
      done += bytes;
      output.meter(`${bar(total === 0 ? 1 : done / total)} ${path}`);
    },
  );
  output.endProgress();
  const saved = { dataset: name, version, folder: target, files: all.length - purged.length, fetched, bytes: total };
  output.result(
    saved,
    () => `${name} version ${version}: ${saved.files} files in ${shownPath(target)}, ${fetched} of them downloaded.`,
  );
}

export function addDatasetFiles(dataset: Command, runtime: Runtime): void {
  dataset
    .command('files')
    .argument('<name[@version]>', 'For example reviews, reviews@3 or reviews@golden')
    .argument('[folder]')
    .option('-r, --recursive', 'All files below the folder')
    .description('List files and folders of a version')
    .action((name: string, folder: string | undefined, options: ListOptions) => files(runtime, name, folder, options));
  dataset
    .command('download')
    .argument('<name[@version]>', 'For example reviews, reviews@3 or reviews@golden')
    .argument('[path...]', 'Files or folders to download; all without it')
    .option('--to <folder>', 'Target folder (default: <name>-<version>)')
    .option('--overwrite', 'Replace files that have other content')
    .description('Download a version; files that exist already are not sent again')
    .action((name: string, paths: string[], options: DownloadOptions) => download(runtime, name, paths, options));
}
