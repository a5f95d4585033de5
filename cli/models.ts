import type { Command } from 'commander';
import type { ModelView, PredictRequest } from '@artenic/core';
import { predictRequestSchema } from '@artenic/core';
import { CliError } from './cli-error.ts';
import { ago, table } from './output.ts';
import type { Runtime } from './training.ts';

function versionNumber(text: string): number {
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1)
    throw new CliError('usage', `a version is a whole number from 1, not ${text}`);
  return version;
}

async function list(runtime: Runtime): Promise<void> {
  const models: ModelView[] = [];
  for await (const model of runtime.client().models.list()) models.push(model);
  runtime.output().result(models, () =>
    models.length === 0
      ? 'no models yet'
      : table(
          ['MODEL', 'LATEST', 'IN PRODUCTION', 'SINCE'],
          models.map((model) => [
            model.name,
            String(model.latestVersion),
            model.productionVersion === null ? '' : String(model.productionVersion),
            ago(model.createdAt),
          ]),
        ),
  );
}

async function get(runtime: Runtime, name: string): Promise<void> {
  const client = runtime.client();
  const [model, versions, history] = await Promise.all([
    client.models.get(name),
    client.models.versions(name),
    client.models.stageHistory(name),
  ]);
  runtime.output().result({ ...model, versions, history }, () => {
    const shape = (one: { name: string; type: string; shape: (number | string)[] }) =>
      `${one.name} ${one.type}[${one.shape.join(', ')}]`;
    const rows = versions.map((version) => [
      String(version.version),
      version.stage,
      Object.entries(version.metrics)
        .map(([metric, value]) => `${metric} ${value.toPrecision(4)}`)
        .join(', '),
      version.signature.inputs.map(shape).join(', '),
    ]);
    return `${model.name}\n\n${table(['VERSION', 'STAGE', 'METRICS', 'INPUTS'], rows)}\n\n${table(
      ['WHEN', 'WHO', 'VERSION', 'FROM', 'TO', 'WHY'],
      history.map((change) => [
        change.at,
        change.by,
        String(change.version),
        change.from ?? '',
        change.to,
        change.reason,
      ]),
    )}`;
  });
}

/** Numbers, `true`, `false`, lists and quoted text as JSON has them; anything else is text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function inputsFrom(pairs: readonly string[], json: string | undefined): PredictRequest['inputs'] {
  const inputs: Record<string, unknown> = {};
  if (json !== undefined) {
    try {
      Object.assign(inputs, JSON.parse(json));
    } catch {
      throw new CliError('usage', '--json-input is not JSON');
    }
  }
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new CliError('usage', `--input takes name=value, not ${pair}`);
    const text = pair.slice(at + 1);
    inputs[pair.slice(0, at)] = valueOf(text);
  }
  const parsed = predictRequestSchema.shape.inputs.safeParse(inputs);
  if (!parsed.success) throw new CliError('usage', `the inputs are numbers, strings or lists of them, by name`);
  return parsed.data;
}

export function addModels(program: Command, runtime: Runtime): void {
  const model = program.command('model').alias('models').description('the model registry');
  model
    .command('list')
    .description('models by name')
    .action(() => list(runtime));
  model
    .command('get')
    .argument('<name>')
    .description('versions, signature and stage history')
    .action((name: string) => get(runtime, name));
  model
    .command('promote')
    .argument('<name>')
    .argument('<version>')
    .option('--reason <text>', 'kept in the stage history', '')
    .description('put a version into production')
    .action(async (name: string, version: string, options: { reason: string }) => {
      const promoted = await runtime.client().models.promote(name, versionNumber(version), options.reason);
      runtime.output().result(promoted, () => `${promoted.model} version ${promoted.version} is in production`);
    });
  program
    .command('predict')
    .argument('<model>')
    .option(
      '-i, --input <name=value>',
      'one input; repeat for more',
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option('--json-input <json>', 'all inputs as one JSON object')
    .option('--version <number>', 'this version in place of the one in production')
    .description('predict one row')
    .action(async (name: string, options: { input: string[]; jsonInput?: string; version?: string }) => {
      const inputs = inputsFrom(options.input, options.jsonInput);
      const answer = await runtime
        .client()
        .predict(name, inputs, options.version === undefined ? {} : { version: versionNumber(options.version) });
      runtime
        .output()
        .result(
          answer,
          () =>
            `${answer.label === null ? '' : `${answer.label}\n`}${JSON.stringify(answer.outputs)}\n${answer.model} version ${answer.version}, ${answer.latencyMs.toFixed(1)} ms`,
        );
    });
}
