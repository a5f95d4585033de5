import type { Command } from 'commander';
import { predictRequestSchema, type PredictRequest } from '@artenic/core';
import { CliError } from './cli-error.ts';
import { versionNumber } from './models.ts';
import { gather } from './options.ts';
import type { Runtime } from './runtime.ts';

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

export function addPredictions(program: Command, runtime: Runtime): void {
  program
    .command('predict')
    .argument('<model>')
    .option('-i, --input <name=value>', 'one input; repeat for more', gather, [])
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
