import { formatSize, type DatasetDiffItem, type DatasetVersionView } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import type { Look } from '../../output/look.ts';
import { gather } from '../../output/options.ts';
import { table } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';
import { versionNumber } from '../model-changes.ts';

function versionTable(look: Look, versions: readonly DatasetVersionView[]): string {
  return table(
    look,
    [
      { name: 'VERSION', cell: ({ version }) => String(version), isNumber: true },
      { name: 'TAGS', cell: ({ tags }) => tags.join(', '), isOptional: true },
      { name: 'FILES', cell: ({ files }) => files.toLocaleString('en'), isNumber: true, rank: 3 },
      { name: 'SIZE', cell: ({ bytes }) => formatSize(bytes), isNumber: true, rank: 2 },
      {
        name: 'CHANGES',
        cell: ({ added, changed, removed }) => `+${added} ~${changed} -${removed}`,
        rank: 1,
      },
      { name: 'CREATED', cell: ({ createdAt, createdBy }) => `${look.ago(createdAt)} by ${createdBy}`, rank: 4 },
      { name: 'MESSAGE', cell: ({ message }) => message },
    ],
    versions,
  );
}

async function list(runtime: Runtime, name: string): Promise<void> {
  const versions: DatasetVersionView[] = [];
  for await (const version of runtime.client().datasets.versions(name)) versions.push(version);
  runtime.output().result(versions, (look) => (versions.length === 0 ? 'No versions.' : versionTable(look, versions)));
}

const tones = { added: 'ok', changed: 'warn', removed: 'bad' } as const;

async function diff(runtime: Runtime, name: string, version: string, from: string | undefined): Promise<void> {
  const items: DatasetDiffItem[] = [];
  for await (const item of runtime.client().datasets.diff(name, version, from)) items.push(item);
  runtime.output().result(items, (look) =>
    items.length === 0
      ? 'No differences.'
      : table(
          look,
          [
            { name: 'CHANGE', cell: ({ kind }) => kind, tone: ({ kind }) => tones[kind] },
            {
              name: 'SIZE',
              cell: ({ before, after }) =>
                [before, after].flatMap((one) => (one === null ? [] : [formatSize(one.bytes)])).join(' → '),
              isNumber: true,
              rank: 1,
            },
            { name: 'PATH', cell: ({ path }) => path },
          ],
          items,
        ),
  );
}

async function restore(runtime: Runtime, name: string, version: number, message: string): Promise<void> {
  const made = await runtime
    .client()
    .datasets.commit(name, { restore: version, message: message === '' ? `Restore version ${version}` : message });
  const output = runtime.output();
  output.result(made, () => `${name} version ${made.version} has the files of version ${version}.`);
}

type Create = { readonly remove: readonly string[]; readonly message: string };

async function create(runtime: Runtime, name: string, { remove, message }: Create): Promise<void> {
  if (remove.length === 0)
    throw new CliError('usage', 'give --remove PATH; `artenic dataset upload` makes a version from a folder');
  const made = await runtime.client().datasets.commit(name, { remove: [...remove], message });
  runtime.output().result(made, () => `${name} version ${made.version}: ${made.removed} files removed.`);
}

async function tag(runtime: Runtime, name: string, tagName: string, version: string | undefined): Promise<void> {
  const { datasets } = runtime.client();
  if (version === undefined) await datasets.removeTag(name, tagName);
  else await datasets.setTag(name, tagName, versionNumber(version));
  const done = { dataset: name, tag: tagName, version: version === undefined ? null : Number(version) };
  runtime
    .output()
    .result(done, () =>
      version === undefined ? `Removed the tag ${tagName}.` : `${tagName} is version ${version} of ${name}.`,
    );
}

export function addDatasetVersions(dataset: Command, runtime: Runtime): void {
  const version = dataset.command('version').alias('versions').description('Versions of a dataset');
  version
    .command('list')
    .argument('<name>', 'Name or id')
    .description('List versions, newest first')
    .action((name: string) => list(runtime, name));
  version
    .command('create')
    .argument('<name>', 'Name or id')
    .option('--remove <path>', 'A file that the new version lacks; repeatable', gather, [])
    .option('-m, --message <text>', 'Kept with the version', '')
    .description('Make a version without some files')
    .action((name: string, options: Create) => create(runtime, name, options));
  version
    .command('diff')
    .argument('<name>', 'Name or id')
    .argument('<version>', 'Number, tag or latest')
    .argument('[from]', 'Version to compare with; the one before when absent')
    .description('Show which files differ')
    .action((name: string, to: string, from: string | undefined) => diff(runtime, name, to, from));
  version
    .command('restore')
    .argument('<name>', 'Name or id')
    .argument('<version>', 'Number of the version')
    .option('-m, --message <text>', 'Kept with the version', '')
    .description('Make the files of an older version the newest ones')
    .action((name: string, to: string, options: { message: string }) =>
      restore(runtime, name, versionNumber(to), options.message),
    );
  version
    .command('tag')
    .argument('<name>', 'Name or id')
    .argument('<tag>')
    .argument('[version]', 'Number of the version; without it the tag is removed')
    .description('Name a version, or move or remove the name')
    .action((name: string, tagName: string, to: string | undefined) => tag(runtime, name, tagName, to));
}
