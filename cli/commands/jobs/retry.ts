import { isTerminalJobState } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { describeJob } from '../../output/job-text.ts';
import { gather } from '../../output/options.ts';
import type { Runtime } from '../../runtime.ts';
import { withValues } from './dispatch.ts';
import { stepsFor } from './next-steps.ts';
import { watch } from './watch.ts';

type Options = { readonly watch?: true; readonly force?: true; readonly set: readonly string[] };

async function retry(runtime: Runtime, id: string, options: Options): Promise<void> {
  const { jobs } = runtime.client();
  const job = await jobs.get(id);
  const shown = runtime.look().id(job.id);
  if (!isTerminalJobState(job.state) && options.force !== true)
    throw new CliError(
      'negative',
      `job ${shown} is ${job.state}: wait for its end, cancel it, or submit a second one with --force`,
    );
  const config = withValues(job.spec.config, options.set) as typeof job.spec.config;
  const submitted = await jobs.submit({ ...job.spec, config });
  const output = runtime.output();
  output.say(`Submitted job ${submitted.id} with the specification of job ${shown}.`);
  if (options.watch === true) return watch(runtime, submitted.id);
  output.result(submitted, (look) => describeJob(look, submitted));
  output.next(stepsFor(runtime, submitted));
}

export function addRetry(jobs: Command, runtime: Runtime): void {
  jobs
    .command('retry')
    .argument('<id>')
    .option('-w, --watch', 'Follow the new job to its end')
    .option('-s, --set <name=value>', 'Set one value of the configuration; repeatable', gather, [])
    .option('--force', 'Submit it although the first job has not ended')
    .description('Submit the specification of a job again, as a new job')
    .action((id: string, options: Options) => retry(runtime, id, options));
}
