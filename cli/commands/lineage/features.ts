import { featureTypes, type FeatureView } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import type { Look } from '../../output/look.ts';
import { gather } from '../../output/options.ts';
import { details, table } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';

function featureTable(look: Look, features: readonly FeatureView[]): string {
  return table(
    look,
    [
      { name: 'FEATURE', cell: ({ name }) => name },
      { name: 'VERSION', cell: ({ version, label }) => (label === null ? String(version) : `${version} (${label})`) },
      { name: 'TYPE', cell: ({ type }) => type ?? '–' },
      { name: 'COLUMNS', cell: ({ columns }) => columns.join(', '), rank: 1 },
      { name: 'DEFINED', cell: ({ createdAt, createdBy }) => `${look.ago(createdAt)} by ${createdBy}`, rank: 2 },
    ],
    features,
  );
}

function describe(look: Look, feature: FeatureView): string {
  const { id, name, version, label, type, description, datasetId, columns, metadata, createdBy, createdAt } = feature;
  return details(look, [
    ['Feature', name],
    ['Id', id],
    ['Version', label === null ? String(version) : `${version} (${label})`],
    ['Type', type ?? '–'],
    ['Description', description],
    ['Dataset', datasetId ?? '–'],
    ['Columns', columns.join(', ')],
    ['Metadata', Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata)],
    ['Defined', `${look.ago(createdAt)} by ${createdBy}`],
  ]);
}

type Define = {
  readonly type?: string;
  readonly dataset?: string;
  readonly column: readonly string[];
  readonly description: string;
};

async function define(runtime: Runtime, name: string, { type, dataset, column, description }: Define): Promise<void> {
  const found = featureTypes.find((one) => one === type);
  if (type !== undefined && found === undefined)
    throw new CliError('usage', `--type ${type}: use ${featureTypes.join(', ')}`);
  const feature = await runtime.client().features.define({
    ...{ name, type: found ?? null, columns: [...column], description },
    ...(dataset === undefined ? {} : { dataset }),
  });
  runtime.output().result(feature, () => `Defined ${feature.name} version ${feature.version}.`);
}

/** `feature`: definitions of values with versions. */
export function addFeatures(program: Command, runtime: Runtime): void {
  const feature = program.command('feature').alias('features').description('Features: typed definitions with versions');
  feature
    .command('list')
    .option('--name <name>', 'Only versions of this name')
    .description('List versions of features, newest first')
    .action(async (options: { name?: string }) => {
      const features: FeatureView[] = [];
      for await (const one of runtime.client().features.list(options)) features.push(one);
      runtime
        .output()
        .result(features, (look) => (features.length === 0 ? 'No features.' : featureTable(look, features)));
    });
  feature
    .command('get')
    .argument('<feature>', 'Id of a version, or a name for its newest one')
    .description('Show a version of a feature')
    .action(async (id: string) => {
      const found = await runtime.client().features.get(id);
      runtime.output().result(found, (look) => describe(look, found));
    });
  feature
    .command('define')
    .argument('<name>')
    .option('--type <type>', `Type of its values: ${featureTypes.join(', ')}`)
    .option('--dataset <name>', 'Dataset with its columns')
    .option('--column <name>', 'Column that it is made of; repeatable', gather, [])
    .option('--description <text>', 'What it means', '')
    .description('Define the next version of a feature')
    .action((name: string, options: Define) => define(runtime, name, options));
  feature
    .command('update')
    .argument('<feature>', 'Id of a version, or a name for its newest one')
    .requiredOption('--description <text>', 'What it means')
    .description('Change the description of a version')
    .action(async (id: string, change: { description: string }) => {
      const changed = await runtime.client().features.update(id, change);
      runtime.output().result(changed, (look) => describe(look, changed));
    });
  feature
    .command('delete')
    .argument('<feature>', 'Id of a version, or a name for its newest one')
    .description('Delete a version, unless something came from it')
    .action(async (id: string) => {
      await runtime.client().features.delete(id);
      runtime.output().result({ deleted: id }, () => `Deleted ${id}.`);
    });
}
