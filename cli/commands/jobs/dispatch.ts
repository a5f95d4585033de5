import { lostNumber } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { loadJobFile } from '../../job-file/job-file.ts';
import { describeJob } from '../../output/job-text.ts';
import { gather } from '../../output/options.ts';
import type { Runtime } from '../../runtime.ts';
import { submitJob } from '../submit.ts';
import { stepsFor } from './next-steps.ts';
import { addPlacementOptions, placementOf, type PlacementOptions } from './placement.ts';
import { watch } from './watch.ts';

function valueOf(name: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text; // The text is not JSON, so it is a plain string.
  }
  const lost = lostNumber(text);
  if (lost !== null) throw new CliError('usage', `--set ${name}: ${lost.message}`);
  return value;
}

/** The configuration with the values of `--set name=value`. */
export function withValues(
  config: Readonly<Record<string, unknown>>,
  pairs: readonly string[],
): Record<string, unknown> {
  const values = pairs.map((pair): [string, unknown] => {
    const at = pair.indexOf('=');
    if (at < 1) throw new CliError('usage', `--set takes name=value, not ${pair}`);
    const name = pair.slice(0, at);
    return [name, valueOf(name, pair.slice(at + 1))];
  });
  return { ...config, ...Object.fromEntries(values) };
}

type Options = PlacementOptions & { readonly watch?: boolean; readonly set: readonly string[] };

async function dispatch(runtime: Runtime, path: string, options: Options): Promise<void> {
  const { file, folder } = loadJobFile(path);
  const config = withValues(file.config, options.set) as typeof file.config;
  const job = { folder, file: { ...file, placement: placementOf(file, options), config } };
  const output = runtime.output();
  const submitted = await submitJob(runtime.client(), job, output);
  if (options.watch === true) {
    output.say(`job ${submitted.id}`);
    return watch(runtime, submitted.id);
  }
  output.result(submitted, (look) => describeJob(look, submitted));
  output.next(stepsFor(runtime, submitted));
}

export function addDispatch(jobs: Command, runtime: Runtime): void {
  addPlacementOptions(jobs.command('dispatch'))
    .argument('<file>', 'Job file, for example artenic.yaml')
    .option('-w, --watch', 'Follow the job to its end')
    .option('-s, --set <name=value>', 'Set one value of the configuration; repeatable', gather, [])
    .description('Pack, upload and submit a job')
    .action((path: string, options: Options) => dispatch(runtime, path, options));
}
