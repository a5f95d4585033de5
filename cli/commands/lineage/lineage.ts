import { lineageDirections, lineageKinds, type LineageDirection, type LineageRef } from '@artenic/core';
import type { LineageFile } from '@artenic/client';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { lineageTree } from '../../output/lineage-tree.ts';
import { table } from '../../output/table.ts';
import { stageTones } from '../../output/tones.ts';
import type { Runtime } from '../../runtime.ts';
import { wholeNumber } from '../numbers.ts';

/** `<kind>:<id>` when two kinds share an id, else the id alone. */
export function refOf(text: string): LineageRef {
  const kind = lineageKinds.find((one) => text.startsWith(`${one}:`));
  return kind === undefined ? { id: text } : { kind, id: text.slice(kind.length + 1) };
}

type Show = { readonly direction: string; readonly depth: string; readonly limit: string };

export async function showLineage(runtime: Runtime, ref: LineageRef, options: Show): Promise<void> {
  const direction = lineageDirections.find((one): one is LineageDirection => one === options.direction);
  if (direction === undefined) throw new CliError('usage', `--direction takes ${lineageDirections.join(', ')}`);
  const query = {
    ...{ direction, depth: wholeNumber('depth', options.depth, 16) },
    limit: wholeNumber('limit', options.limit, 1000),
  };
  const graph = await runtime.client().lineage.graph(ref, query);
  runtime.output().result(graph, (look) => lineageTree(look, graph));
}

export function withGraphOptions(command: Command): Command {
  return command
    .option('--direction <direction>', 'Way to go, up to its sources or down to its results: up, down or both', 'both')
    .option('--depth <levels>', 'Levels to walk, at most 16', '4')
    .option('--limit <things>', 'Most things to show', '200');
}

type Models = {
  readonly sha256?: string;
  readonly dataset?: string;
  readonly path?: string;
  readonly version?: string;
  readonly production?: boolean;
};

function fileOf({ sha256, dataset, path, version }: Models): LineageFile {
  if (sha256 !== undefined && dataset === undefined && path === undefined) return { sha256 };
  if (sha256 === undefined && dataset !== undefined && path !== undefined)
    return { dataset, path, ...(version === undefined ? {} : { version }) };
  throw new CliError('usage', 'give either --sha256, or --dataset and --path');
}

async function models(runtime: Runtime, options: Models): Promise<void> {
  const { production = false } = options;
  const seen = await runtime.client().lineage.modelsThatSaw(fileOf(options), { production, limit: 1000 });
  runtime.output().result(seen, (look) => {
    if (seen.models.length === 0) return 'No model version was trained on it.';
    const rows = table(
      look,
      [
        { name: 'MODEL', cell: ({ model }) => model },
        { name: 'VERSION', cell: ({ version }) => String(version), isNumber: true },
        { name: 'STAGE', cell: ({ stage }) => stage, tone: ({ stage }) => stageTones[stage] },
      ],
      seen.models,
    );
    return seen.truncated ? `${rows}\nThere may be more than these.` : rows;
  });
}

/** `lineage`: what came from what. */
export function addLineage(program: Command, runtime: Runtime): void {
  const lineage = program.command('lineage').description('What came from what: data, runs, models and stages');
  withGraphOptions(
    lineage
      .command('show', { isDefault: true })
      .argument('<thing>', 'Id or name; of a version reviews@3 or penguins@production; KIND:ID if two kinds share it'),
  )
    .description('Show what a thing came from, and what came from it')
    .action((thing: string, options: Show) => showLineage(runtime, refOf(thing), options));
  lineage
    .command('models')
    .option('--sha256 <hash>', 'A content, wherever it is')
    .option('--dataset <name>', 'Name or id of the dataset with the path')
    .option('--path <path>', 'Path of the file in the dataset')
    .option('--version <version>', 'Only the file of this version of the dataset')
    .option('--production', 'Only versions in production')
    .description('Show which model versions saw a file')
    .action((options: Models) => models(runtime, options));
  lineage
    .command('declare')
    .argument('<source>', 'Id or name, as of `show`')
    .argument('<target>', 'Id or name of what was made of it')
    .description('Declare that one thing was made of another')
    .action(async (source: string, target: string) => {
      const edge = await runtime.client().lineage.declare(refOf(source), refOf(target));
      runtime.output().result(edge, () => `Declared: ${edge.target.id} came from ${edge.source.id}.`);
    });
}
