import { metricDirections, modelStages, formatValue, type BestModelView, type ModelStage } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { gather } from '../output/options.ts';
import { details } from '../output/table.ts';
import type { Look } from '../output/look.ts';
import type { Runtime } from '../runtime.ts';

export function versionNumber(text: string): number {
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1)
    throw new CliError('usage', `version ${text}: give a whole number from 1`);
  return version;
}

function stageOf(text: string): ModelStage {
  const stage = text === 'registered' ? 'draft' : modelStages.find((one) => one === text);
  if (stage === undefined) throw new CliError('usage', `stage ${text}: use ${modelStages.join(', ')}`);
  return stage;
}

type Edit = {
  readonly description?: string;
  readonly framework?: string;
  readonly author?: string;
  readonly tag: readonly string[];
};

async function edit(runtime: Runtime, name: string, version: string, options: Edit): Promise<void> {
  const { tag, ...texts } = options;
  if (tag.length === 0 && Object.keys(texts).length === 0)
    throw new CliError('usage', 'give --description, --framework, --author or --tag');
  const change = { ...texts, ...(tag.length === 0 ? {} : { tags: tag.filter((one) => one !== '') }) };
  const changed = await runtime.client().models.edit(name, versionNumber(version), change);
  const output = runtime.output();
  output.result(changed, (look) =>
    details(look, [
      ['Version', `${changed.model} ${changed.version}`],
      ['Description', changed.description],
      ['Tags', changed.tags.join(', ')],
      ['Framework', changed.framework ?? '–'],
      ['Author', changed.author ?? '–'],
    ]),
  );
}

async function stage(runtime: Runtime, name: string, version: string, to: string, reason: string): Promise<void> {
  const changed = await runtime.client().models.setStage(name, versionNumber(version), stageOf(to), reason);
  runtime.output().result(changed, () => `${changed.model} version ${changed.version} is in ${changed.stage}.`);
}

async function remove(runtime: Runtime, name: string, version: string): Promise<void> {
  const number = versionNumber(version);
  await runtime.client().models.delete(name, number);
  runtime.output().result({ model: name, version: number }, () => `Deleted ${name} version ${number}.`);
}

type Best = {
  readonly direction?: string;
  readonly service?: string;
  readonly model?: string;
  readonly retired?: boolean;
};

function describeBest(look: Look, { metric, direction, value, version, ...counts }: BestModelView): string {
  const leftOut = counts.withoutMetric === 0 ? '' : `, ${counts.withoutMetric} without ${metric} left out`;
  if (version === null || value === null) return `No version has ${metric}${leftOut}.`;
  return details(look, [
    ['Best', `${version.model} version ${version.version}`],
    [metric, `${formatValue(value)} (${direction === 'min' ? 'lowest' : 'highest'} of ${counts.compared}${leftOut})`],
    ['Stage', version.stage],
    ...(counts.ties === 0 ? [] : [['Ties', `${counts.ties}; the first one made wins`] as const]),
  ]);
}

async function best(runtime: Runtime, metric: string, options: Best): Promise<void> {
  const { direction: given, ...rest } = options;
  const direction = metricDirections.find((one) => one === given);
  if (given !== undefined && direction === undefined)
    throw new CliError('usage', `--direction ${given}: use ${metricDirections.join(' or ')}`);
  const query = { metric, ...rest, ...(direction === undefined ? {} : { direction }) };
  const found = await runtime.client().models.getBestModel(query);
  runtime.output().result(found, (look) => describeBest(look, found));
}

/** Commands that change versions, and the search for the best one. */
export function addModelChanges(model: Command, runtime: Runtime): void {
  model
    .command('best')
    .argument('<metric>')
    .option('--direction <direction>', 'Best is min or max; by default as the job declares it, or as its name shows')
    .option('--service <name>', 'Only versions of this service')
    .option('--model <name>', 'Only versions of this model')
    .option('--retired', 'Count retired versions also')
    .description('Show the version with the best value of a metric')
    .action((metric: string, options: Best) => best(runtime, metric, options));
  model
    .command('edit')
    .argument('<name>')
    .argument('<version>')
    .option('--description <text>', 'New description')
    .option('--framework <name>', 'What made the model')
    .option('--author <name>', 'Who made the model')
    .option('--tag <tag>', 'Tag; repeatable, replaces all tags', gather, [])
    .description('Change what is said of a version')
    .action((name: string, version: string, options: Edit) => edit(runtime, name, version, options));
  model
    .command('stage')
    .argument('<name>')
    .argument('<version>')
    .argument('<stage>', `One of ${modelStages.join(', ')}`)
    .option('--reason <text>', 'Reason, shown in the history', '')
    .description('Move a version to a stage')
    .action((name: string, version: string, to: string, { reason }: { reason: string }) =>
      stage(runtime, name, version, to, reason),
    );
  model
    .command('delete')
    .argument('<name>')
    .argument('<version>')
    .description('Delete a version that nothing needs')
    .action((name: string, version: string) => remove(runtime, name, version));
}
