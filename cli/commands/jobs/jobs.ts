import { lostSinceCheckpoint, type JobView } from '@artenic/core';
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

/** Training time of the running attempt that no checkpoint has; null when none runs its command. */
async function lostWork(runtime: Runtime, job: JobView): Promise<string | null> {
  const attempts = await runtime.client().jobs.attempts(job.id);
  return lostSinceCheckpoint(attempts, runtime.terminal.nowMs());
}

async function cancel(runtime: Runtime, id: string, now: boolean): Promise<void> {
  const { jobs } = runtime.client();
  const job = await jobs.cancel(id, now ? { now } : {});
  const lost = now ? await lostWork(runtime, job) : null;
  const output = runtime.output();
  output.result(job, () =>
    now
      ? `Ending job ${job.id} now, without a last checkpoint.${lost === null ? '' : ` ${lost}`} Its files are kept; a cancelled job cannot be resumed.`
      : `Cancelling job ${job.id}. Its files are kept; a cancelled job cannot be resumed.`,
  );
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
    .option('--now', 'End the machine at once; the work since the last checkpoint is lost')
    .description('Cancel a job')
    .action((id: string, { now }: { readonly now?: true }) => cancel(runtime, id, now === true));
  addSignal(jobs, runtime);
  addLogs(jobs, runtime);
  addMetrics(jobs, runtime);
  addDownload(jobs, runtime);
  addRetry(jobs, runtime);
  addCompare(jobs, runtime);
}
