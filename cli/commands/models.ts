import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { formatValue, type ModelVersionView, type ModelView, type StageChangeView } from '@artenic/core';
import { CliError } from '../cli-error.ts';
import { gather } from '../output/options.ts';
import type { NextStep } from '../output/output.ts';
import type { Look } from '../output/look.ts';
import { details, table, type Column } from '../output/table.ts';
import { stageTones } from '../output/tones.ts';
import type { Runtime } from '../runtime.ts';
import { uploadFile } from '../job-file/upload.ts';
import { addModelChanges, versionNumber } from './model-changes.ts';

async function list(runtime: Runtime): Promise<void> {
  const models: ModelView[] = [];
  for await (const model of runtime.client().models.list()) models.push(model);
  runtime.output().result(models, (look) => (models.length === 0 ? 'No models yet.' : modelTable(look, models)));
}

function modelTable(look: Look, models: readonly ModelView[]): string {
  return table(
    look,
    [
      { name: 'MODEL', cell: ({ name }) => name },
      { name: 'LATEST', cell: ({ latestVersion }) => String(latestVersion), isNumber: true },
      {
        name: 'IN PRODUCTION',
        cell: ({ productionVersion }) => (productionVersion === null ? 'none' : String(productionVersion)),
        tone: ({ productionVersion }) => (productionVersion === null ? 'muted' : 'ok'),
        isNumber: true,
      },
      { name: 'CREATED', cell: ({ createdAt }) => look.ago(createdAt), rank: 1 },
    ],
    models,
  );
}

async function get(runtime: Runtime, name: string): Promise<void> {
  const { models } = runtime.client();
  const [model, versions, history] = await Promise.all([
    models.get(name),
    models.versions(name),
    models.stageHistory(name),
  ]);
  runtime
    .output()
    .result({ ...model, versions, history }, (look) =>
      [describeModel(look, model), versionTable(look, versions), ...historyOf(look, history)].join('\n\n'),
    );
}

function describeModel(look: Look, { name, productionVersion, createdAt }: ModelView): string {
  return details(look, [
    ['Model', name],
    ['In production', productionVersion === null ? 'none' : `version ${productionVersion}`],
    ['Created', `${createdAt} (${look.ago(createdAt)})`],
  ]);
}

function versionTable(look: Look, versions: readonly ModelVersionView[]): string {
  return table(
    look,
    [
      { name: 'VERSION', cell: ({ version }) => String(version), isNumber: true },
      { name: 'STAGE', cell: ({ stage }) => stage, tone: ({ stage }) => stageTones[stage] },
      { name: 'CREATED', cell: ({ createdAt }) => look.ago(createdAt), rank: 2 },
      { name: 'JOB', cell: ({ jobId }) => (jobId === null ? '' : look.id(jobId)), isOptional: true, rank: 3 },
      { name: 'INPUTS', cell: ({ signature }) => signature.inputs.map(shapeOf).join(', '), rank: 4 },
      {
        name: 'METRICS',
        cell: ({ metrics }) =>
          Object.entries(metrics)
            .map(([metric, value]) => `${metric} ${formatValue(value)}`)
            .join(', '),
      },
    ],
    versions,
  );
}

function shapeOf({ name, type, shape }: ModelVersionView['signature']['inputs'][number]): string {
  return `${name} ${type}[${shape?.join(', ') ?? '…'}]`;
}

function historyOf(look: Look, history: readonly StageChangeView[]): readonly string[] {
  if (history.length === 0) return [];
  const columns: readonly Column<StageChangeView>[] = [
    { name: 'WHEN', title: 'Changed', cell: ({ at }) => look.ago(at) },
    { name: 'WHO', cell: ({ by }) => by, rank: 1 },
    { name: 'VERSION', cell: ({ version }) => String(version), isNumber: true },
    {
      name: 'CHANGE',
      cell: ({ from, to }) => (from === null ? to : `${from} → ${to}`),
      tone: ({ to }) => stageTones[to],
    },
    { name: 'REASON', cell: ({ reason }) => reason },
  ];
  return [table(look, columns, history)];
}

async function register(
  runtime: Runtime,
  name: string,
  path: string,
  options: { readonly metric: readonly string[] },
): Promise<void> {
  if (!existsSync(path) || !statSync(path).isFile()) throw new CliError('usage', `model file ${path} not found`);
  const metrics = Object.fromEntries(
    options.metric.map((pair) => {
      const [, metric = '', number = ''] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
      if (metric === '' || !Number.isFinite(Number(number)))
        throw new CliError('usage', `--metric takes name=number, not ${pair}`);
      return [metric, Number(number)];
    }),
  );
  const client = runtime.client();
  const sha256 = await uploadFile(client, 'models', path, runtime.output());
  const version = await client.models.register({ model: name, sha256, metrics });
  const output = runtime.output();
  output.result(version, () => `Registered ${version.model} version ${version.version}.`);
  output.next([['Promote', `artenic model promote ${version.model} ${version.version}`]]);
}

async function change(
  runtime: Runtime,
  verb: 'promote' | 'retire',
  place: { readonly name: string; readonly version: string; readonly reason: string },
): Promise<void> {
  const changed: ModelVersionView = await runtime
    .client()
    .models[verb](place.name, versionNumber(place.version), place.reason);
  const output = runtime.output();
  const done = verb === 'promote' ? 'is in production' : 'is retired';
  output.result(changed, () => `${changed.model} version ${changed.version} ${done}.`);
  const predict: NextStep = ['Predict', `artenic predict ${changed.model} --input name=value`];
  output.next([...(verb === 'promote' ? [predict] : []), ['History', `artenic model get ${changed.model}`]]);
}

export function addModels(program: Command, runtime: Runtime): void {
  const model = program.command('model').alias('models').description('Model registry');
  model
    .command('list')
    .description('List models by name')
    .action(() => list(runtime));
  model
    .command('get')
    .argument('<name>')
    .description('Show versions, signature and stage history')
    .action((name: string) => get(runtime, name));
  model
    .command('promote')
    .argument('<name>')
    .argument('<version>')
    .option('--reason <text>', 'Reason, shown in the history', '')
    .description('Put a version into production')
    .action((name: string, version: string, options: { reason: string }) =>
      change(runtime, 'promote', { name, version, ...options }),
    );
  model
    .command('retire')
    .argument('<name>')
    .argument('<version>')
    .option('--reason <text>', 'Reason, shown in the history', '')
    .description('Take a version out of use')
    .action((name: string, version: string, options: { reason: string }) =>
      change(runtime, 'retire', { name, version, ...options }),
    );
  addModelChanges(model, runtime);
  model
    .command('register')
    .argument('<name>')
    .argument('<file>', 'ONNX file')
    .option('-m, --metric <name=number>', 'Metric of this version; repeatable', gather, [])
    .description('Upload a model file as a new version')
    .action((name: string, path: string, options: { metric: string[] }) => register(runtime, name, path, options));
}
