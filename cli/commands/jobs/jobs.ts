import type { Command } from 'commander';
import type { Runtime } from '../../runtime.ts';
import { addCompare } from './compare.ts';
import { addDispatch } from './dispatch.ts';
import { addDownload } from './download.ts';
import { addList } from './list.ts';
import { addLogs } from './logs.ts';
import { addMetrics } from './metrics.ts';
import { stepsFor } from './next-steps.ts';
import { addRetry } from './retry.ts';
import { addSignal } from './signal.ts';
import { addStatus } from './status.ts';

const groupNames = ['jobs', 'training', 'train', 'job'] as const;

/** At least six characters of a UUID: its beginning or its end. No command has such a name. */
const partOfId = /^[0-9a-f][0-9a-f-]{5,35}$/i;

/** `jobs <id>` means `jobs get <id>`. Only text in the form of an id, so that a mistyped command is reported. */
export function expandJobId(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => groupNames.some((name) => name === arg));
  return at !== -1 && partOfId.test(args[at + 1] ?? '') ? args.toSpliced(at + 1, 0, 'get') : args;
}

async function cancel(runtime: Runtime, id: string): Promise<void> {
  const job = await runtime.client().jobs.cancel(id);
  const output = runtime.output();
  output.result(job, () => `Cancelling job ${job.id}. Its files are kept; a cancelled job cannot be resumed.`);
  output.next(stepsFor(runtime, job));
}

/** `jobs`, also as `job`, `training` and `train`. */
export function addJobs(program: Command, runtime: Runtime): void {
  const [name, ...aliases] = groupNames;
  const jobs = program
    .command(name)
    .aliases(aliases)
    .description('Submit and follow training jobs; `jobs <id>` is short for `jobs get <id>`');
  addDispatch(jobs, runtime);
  addList(jobs, runtime);
  addStatus(jobs, runtime);
  jobs
    .command('cancel')
    .argument('<id>')
    .description('Cancel a job')
    .action((id: string) => cancel(runtime, id));
  addSignal(jobs, runtime);
  addLogs(jobs, runtime);
  addMetrics(jobs, runtime);
  addDownload(jobs, runtime);
  addRetry(jobs, runtime);
  addCompare(jobs, runtime);
}
