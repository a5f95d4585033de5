import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import type { ModelVersionView, ModelView } from '@artenic/core';
import { CliError } from '../cli-error.ts';
import { gather } from '../output/options.ts';
import { ago, table } from '../output/output.ts';
import type { Runtime } from '../runtime.ts';
import { uploadFile } from '../job-file/upload.ts';

export function versionNumber(text: string): number {
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
    const shape = (one: { name: string; type: string; shape: (number | string)[] | null }) =>
      `${one.name} ${one.type}[${one.shape?.join(', ') ?? '…'}]`;
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

async function register(
  runtime: Runtime,
  name: string,
  path: string,
  options: { readonly metric: readonly string[] },
): Promise<void> {
  if (!existsSync(path) || !statSync(path).isFile()) throw new CliError('usage', `the model file ${path} is not there`);
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
  runtime.output().result(version, () => `${version.model} version ${version.version} is registered`);
}

async function change(
  runtime: Runtime,
  verb: 'promote' | 'retire',
  place: { readonly name: string; readonly version: string; readonly reason: string },
): Promise<void> {
  const changed: ModelVersionView = await runtime
    .client()
    .models[verb](place.name, versionNumber(place.version), place.reason);
  runtime
    .output()
    .result(
      changed,
      () => `${changed.model} version ${changed.version} is ${verb === 'promote' ? 'in production' : 'retired'}`,
    );
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
    .action((name: string, version: string, options: { reason: string }) =>
      change(runtime, 'promote', { name, version, ...options }),
    );
  model
    .command('retire')
    .argument('<name>')
    .argument('<version>')
    .option('--reason <text>', 'kept in the stage history', '')
    .description('take a version out of use')
    .action((name: string, version: string, options: { reason: string }) =>
      change(runtime, 'retire', { name, version, ...options }),
    );
  model
    .command('register')
    .argument('<name>')
    .argument('<file>', 'an ONNX file')
    .option('-m, --metric <name=number>', 'a metric of this version; repeat for more', gather, [])
    .description('upload a model file as a new version')
    .action((name: string, path: string, options: { metric: string[] }) => register(runtime, name, path, options));
}
