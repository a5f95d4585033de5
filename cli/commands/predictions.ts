import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { keepDigits, predictRequestSchema, type PredictBatchResponse, type PredictRequest } from '@artenic/core';
import { valueOfArgument, type InputSignature } from '../output/cells.ts';
import { CliError } from '../cli-error.ts';
import { readRows, type Row } from '../output/rows.ts';
import { versionNumber } from './models.ts';
import { gather } from '../output/options.ts';
import { printable } from '../output/output.ts';
import type { Runtime } from '../runtime.ts';

/** Inputs of the version that will answer; empty when no such version exists, which the prediction then reports. */
async function inputsOf(
  runtime: Runtime,
  name: string,
  version: string | undefined,
): Promise<readonly InputSignature[]> {
  const versions = await runtime.client().models.versions(name);
  const wanted = version === undefined ? null : versionNumber(version);
  const found = versions.find((one) => (wanted === null ? one.stage === 'production' : one.version === wanted));
  return found?.signature.inputs ?? [];
}

function inputsFrom(
  pairs: readonly string[],
  json: string | undefined,
  signature: readonly InputSignature[],
): PredictRequest['inputs'] {
  const inputs: Record<string, unknown> = {};
  if (json !== undefined) {
    try {
      Object.assign(inputs, JSON.parse(json, keepDigits));
    } catch {
      throw new CliError('usage', '--json-input is not JSON');
    }
  }
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new CliError('usage', `--input takes name=value, not ${pair}`);
    const name = pair.slice(0, at);
    const input = signature.find((one) => one.name === name);
    inputs[name] = valueOfArgument(pair.slice(at + 1), input);
  }
  const parsed = predictRequestSchema.shape.inputs.safeParse(inputs);
  if (!parsed.success) throw new CliError('usage', `the inputs are numbers, strings or lists of them, by name`);
  return parsed.data;
}

/** Rows per request: large enough to be efficient, small enough to show progress. */
const chunkRows = 500;

async function* chunks(rows: AsyncIterable<Row>): AsyncGenerator<readonly Row[]> {
  let chunk: Row[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < chunkRows) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function lineOf({ outputs, label, error }: PredictBatchResponse['results'][number]): string {
  if (error !== null) return `error: ${printable(error.detail)}\n`;
  return `${label === null ? '' : `${printable(label)}\t`}${JSON.stringify(outputs)}\n`;
}

async function predictAll(runtime: Runtime, name: string, input: Readable, version: string | undefined): Promise<void> {
  const [client, output] = [runtime.client(), runtime.output()];
  const options = { signal: runtime.signal, ...(version === undefined ? {} : { version: versionNumber(version) }) };
  let [done, failed] = [0, 0];
  for await (const rows of chunks(readRows(input, () => inputsOf(runtime, name, version)))) {
    const { results } = await client.predictBatch(name, rows, options);
    for (const [index, result] of results.entries()) {
      output.line({ row: done + index, ...result }, lineOf(result));
      if (result.error !== null) failed++;
    }
    done += results.length;
    output.progress(`${done} rows`);
  }
  output.endProgress();
  if (failed > 0) throw new CliError('negative', `${failed} of ${done} rows have no prediction`);
}

export function addPredictions(program: Command, runtime: Runtime): void {
  program
    .command('predict')
    .argument('<model>')
    .option('-i, --input <name=value>', 'one input; repeat for more', gather, [])
    .option('--json-input <json>', 'all inputs as one JSON object')
    .option('--version <number>', 'this version in place of the one in production')
    .description('predict one row')
    .action(async (name: string, options: { input: string[]; jsonInput?: string; version?: string }) => {
      const signature = options.input.length === 0 ? [] : await inputsOf(runtime, name, options.version);
      const inputs = inputsFrom(options.input, options.jsonInput, signature);
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
  program
    .command('predict-batch')
    .argument('<model>')
    .option('--version <number>', 'this version in place of the one in production')
    .description('predict every row of standard input: JSON lines, a JSON list, or CSV with a header')
    .action((name: string, options: { version?: string }) => predictAll(runtime, name, process.stdin, options.version));
}
