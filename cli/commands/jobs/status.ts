import type { Command } from 'commander';
import { attemptTable, decisionTable, describeJob, refusalTable } from '../../output/job-text.ts';
import type { Runtime } from '../../runtime.ts';
import { watch } from './watch.ts';

async function show(runtime: Runtime, id: string): Promise<void> {
  const { jobs } = runtime.client();
  const [job, attempts, decisions, refusals] = await Promise.all([
    jobs.get(id),
    jobs.attempts(id),
    jobs.decisions(id),
    jobs.refusals(id),
  ]);
  // A job with a single attempt and no waiting needs no decision table.
  const hasDecisions = decisions.some(({ kind }) => kind === 'wait') || attempts.length > 1;
  runtime
    .output()
    .result({ ...job, attempts, decisions, refusals }, (look) =>
      [
        describeJob(look, job),
        ...(attempts.length === 0 ? [] : [attemptTable(look, attempts)]),
        ...(hasDecisions ? [decisionTable(look, job, decisions)] : []),
        ...(refusals.length === 0 ? [] : [refusalTable(look, refusals)]),
      ].join('\n\n'),
    );
}

async function showAttempts(runtime: Runtime, id: string): Promise<void> {
  const attempts = await runtime.client().jobs.attempts(id);
  runtime
    .output()
    .result(attempts, (look) =>
      attempts.length === 0 ? 'No attempts: no machine has been launched for this job.' : attemptTable(look, attempts),
    );
}

export function addStatus(jobs: Command, runtime: Runtime): void {
  jobs
    .command('get')
    .alias('status')
    .argument('<id>', 'Id of the job, or at least 6 characters of its beginning or end')
    .option('-w, --watch', 'Follow the job to its end')
    .description('Show a job, its attempts, what they cost, and the reason for each')
    .action((id: string, options: { readonly watch?: boolean }) =>
      options.watch === true ? watch(runtime, id) : show(runtime, id),
    );
  jobs
    .command('attempts')
    .argument('<id>')
    .description('List the attempts of a job')
    .action((id: string) => showAttempts(runtime, id));
}
