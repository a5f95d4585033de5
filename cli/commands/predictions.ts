import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import {
  keepDigits,
  predictRequestSchema,
  type PredictBatchResponse,
  type PredictRequest,
  type PredictResponse,
} from '@artenic/core';
import { valueOfArgument, type InputSignature } from '../output/cells.ts';
import { CliError } from '../cli-error.ts';
import { readRows, type Row } from '../output/rows.ts';
import { versionNumber } from './model-changes.ts';
import { gather } from '../output/options.ts';
import type { Look } from '../output/look.ts';
import { printable } from '../output/printable.ts';
import { table } from '../output/table.ts';
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
  if (!parsed.success) throw new CliError('usage', 'inputs are numbers, strings, booleans or lists of them, by name');
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

/** Names of the classes that the version's model knows; null when they cannot be read. */
async function labelsOf(runtime: Runtime, { model, version }: PredictResponse): Promise<readonly string[] | null> {
  try {
    return (await runtime.client().models.version(model, version)).signature.labels;
  } catch {
    return null; // The prediction is there; without the names its numbers are shown in order.
  }
}

type Probability = readonly [label: string, value: number];

/** Values of an output under the names of the classes, highest first; null for an output of another kind. */
function byClass(value: unknown, labels: readonly string[]): readonly Probability[] | null {
  if (!Array.isArray(value) || value.length !== labels.length) return null;
  const numbers = value.filter((one): one is number => typeof one === 'number');
  if (numbers.length !== labels.length) return null;
  return numbers
    .map((one, index): Probability => [labels[index] ?? '', one])
    .toSorted((one, other) => other[1] - one[1]);
}

function answerText(look: Look, answer: PredictResponse, labels: readonly string[]): string {
  const outputs = Object.entries(answer.outputs).flatMap(([name, value]) => {
    const classes = byClass(value, labels);
    if (classes !== null)
      return [
        table<Probability>(
          look,
          [
            { name: name.toUpperCase(), cell: ([label]) => label },
            { name: 'VALUE', cell: ([, probability]) => probability.toFixed(4), isNumber: true },
          ],
          classes,
        ),
      ];
    // The label is on the first line already.
    return value === answer.label ? [] : [`${printable(name)}: ${printable(JSON.stringify(value))}`];
  });
  return [
    ...(answer.label === null ? [] : [look.paint('heading', printable(answer.label))]),
    ...outputs,
    look.paint('muted', `${printable(answer.model)} version ${answer.version}, ${answer.latencyMs.toFixed(1)} ms`),
  ].join('\n');
}

type PredictOptions = { readonly input: readonly string[]; readonly jsonInput?: string; readonly version?: string };

async function predictOne(runtime: Runtime, name: string, options: PredictOptions): Promise<void> {
  const signature = options.input.length === 0 ? [] : await inputsOf(runtime, name, options.version);
  const inputs = inputsFrom(options.input, options.jsonInput, signature);
  const output = runtime.output();
  const answer = await runtime
    .client()
    .predict(name, inputs, options.version === undefined ? {} : { version: versionNumber(options.version) });
  const hasList = Object.values(answer.outputs).some((value) => Array.isArray(value));
  const labels = hasList && !output.json ? await labelsOf(runtime, answer) : null;
  output.result(answer, (look) => answerText(look, answer, labels ?? []));
}

export function addPredictions(program: Command, runtime: Runtime): void {
  program
    .command('predict')
    .argument('<model>')
    .option('-i, --input <name=value>', 'One input; repeatable', gather, [])
    .option('--json-input <json>', 'All inputs as one JSON object')
    .option('--version <number>', 'Use this version in place of the one in production')
    .description('Predict one row')
    .action((name: string, options: PredictOptions) => predictOne(runtime, name, options));
  program
    .command('predict-batch')
    .argument('<model>')
    .option('--version <number>', 'Use this version in place of the one in production')
    .description('Predict every row of standard input: JSON lines, a JSON list, or CSV with a header')
    .action((name: string, options: { version?: string }) => predictAll(runtime, name, process.stdin, options.version));
}
