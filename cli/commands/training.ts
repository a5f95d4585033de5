import type { Command } from 'commander';
import {
  jobStates,
  logStreams,
  lostNumber,
  shownState,
  timeLeftText,
  type JobState,
  type JobView,
  type LogStream,
} from '@artenic/core';
import { CliError } from '../cli-error.ts';
import { loadJobFile } from '../job-file/job-file.ts';
import { attemptTable, decisionTable, refusalTable, describeJob } from '../output/job-text.ts';
import { gather } from '../output/options.ts';
import { ago, bar, table, usd } from '../output/output.ts';
import { addPlacementOptions, placementOf, type PlacementOptions } from './placement.ts';
import type { Runtime } from '../runtime.ts';
import { submitJob } from './submit.ts';
import { addSignal } from './signal.ts';

/** Follows a job to its end; a job that did not succeed gives a nonzero exit code. */
async function watch(runtime: Runtime, id: string): Promise<void> {
  const output = runtime.output();
  let shown = '';
  const job = await runtime.client().jobs.waitFor(id, {
    signal: runtime.signal,
    onChange: ({ state, progress, queuePosition, timeLeftMs, situation }) => {
      const place = queuePosition === null ? '' : ` place ${queuePosition}`;
      // A job that stops early succeeds before all of its steps, so a succeeded job shows no bar.
      const hasBar = progress !== null && state !== 'waiting' && state !== 'succeeded';
      const left = timeLeftMs === null ? '' : `  ${timeLeftText(timeLeftMs)}`;
      const trouble = situation === null || situation.level === 'normal' ? '' : `  ${situation.message}`;
      const line = `${shownState({ state, situation }).padEnd(12)}${hasBar ? `${bar(progress)}${left}` : place}${trouble}`;
      if (line !== shown) output.progress(line);
      shown = line;
    },
  });
  output.result(job, () => describeJob(job));
  if (job.state !== 'succeeded') throw new CliError('negative', `the job is ${job.state}: ${job.message}`);
}

async function show(runtime: Runtime, id: string): Promise<void> {
  const { jobs } = runtime.client();
  const [job, attempts, decisions, refusals] = await Promise.all([
    jobs.get(id),
    jobs.attempts(id),
    jobs.decisions(id),
    jobs.refusals(id),
  ]);
  const tables = [
    ...(attempts.length === 0 ? [] : [attemptTable(attempts)]),
    // A job with a single attempt and no waiting needs no decision table.
    ...(decisions.some(({ kind }) => kind === 'wait') || attempts.length > 1 ? [decisionTable(decisions)] : []),
    ...(refusals.length === 0 ? [] : [refusalTable(refusals)]),
  ];
  runtime.output().result({ ...job, attempts, decisions, refusals }, () => [describeJob(job), ...tables].join('\n\n'));
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function setConfig(config: Record<string, unknown>, pairs: readonly string[]): void {
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new CliError('usage', `--set takes name=value, not ${pair}`);
    const text = pair.slice(at + 1);
    config[pair.slice(0, at)] = valueOf(pair.slice(0, at), text);
  }
}

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

type DispatchOptions = PlacementOptions & { readonly watch?: boolean; readonly set: readonly string[] };

async function dispatch(runtime: Runtime, path: string, options: DispatchOptions): Promise<void> {
  const loaded = loadJobFile(path);
  const job = { ...loaded, file: { ...loaded.file, placement: placementOf(loaded.file, options) } };
  setConfig(job.file.config, options.set);
  const output = runtime.output();
  const submitted = await submitJob(runtime.client(), job, output);
  if (options.watch === true) {
    output.say(`job ${submitted.id}`);
    return watch(runtime, submitted.id);
  }
  output.result(submitted, () => describeJob(submitted));
}

async function list(
  runtime: Runtime,
  options: { readonly state?: JobState; readonly service?: string; readonly limit: string },
): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new CliError('usage', '--limit is a whole number above 0');
  const jobs: JobView[] = [];
  const query = {
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(options.service === undefined ? {} : { service: options.service }),
    pageSize: Math.min(limit, 200),
  };
  for await (const job of runtime.client().jobs.list(query)) {
    jobs.push(job);
    if (jobs.length >= limit) break;
  }
  const isFree = jobs.every(({ cost }) => cost.usdMicros === 0);
  runtime.output().result(jobs, () =>
    jobs.length === 0
      ? 'no jobs yet: `artenic training dispatch artenic.yaml` submits one'
      : table(
          ['ID', 'SERVICE', 'STATE', 'ATTEMPT', 'SUBMITTED', ...(isFree ? [] : ['COST']), 'MESSAGE'],
          jobs.map((job) => [
            job.id,
            job.service,
            shownState(job),
            String(job.currentAttempt),
            ago(job.createdAt),
            ...(isFree ? [] : [usd(job.cost.usdMicros)]),
            job.message,
          ]),
        ),
  );
}

async function logs(
  runtime: Runtime,
  id: string,
  options: { readonly follow?: boolean; readonly attempt?: string; readonly stream: LogStream },
): Promise<void> {
  const output = runtime.output();
  const query = {
    stream: options.stream,
    follow: options.follow === true,
    ...(options.attempt === undefined ? {} : { attempt: Number(options.attempt) }),
  };
  for await (const page of runtime.client().jobs.logs(id, query, { signal: runtime.signal })) {
    if (page.droppedBytes > 0) output.say(`… ${page.droppedBytes} bytes left out: the log passed its limit …`);
    output.line(page, page.text);
  }
}

/** `training`, also as `train` and `jobs`. */
/** `jobs <id>` means `training status <id>`. Only text in the form of an id, so that a mistyped command is reported. */
export function expandJobId(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => ['jobs', 'training', 'train'].includes(arg));
  return at !== -1 && uuid.test(args[at + 1] ?? '') ? args.toSpliced(at + 1, 0, 'status') : args;
}

export function addTraining(program: Command, runtime: Runtime): void {
  const training = program
    .command('training')
    .aliases(['train', 'jobs'])
    .description('submit and follow training jobs; `jobs <id>` is short for `training status <id>`');
  addPlacementOptions(training.command('dispatch'))
    .argument('<file>', 'artenic.yaml')
    .option('-w, --watch', 'follow the job to its end')
    .option('-s, --set <name=value>', 'set one value of the configuration', gather, [])
    .description('pack, upload and submit a job')
    .action((path: string, options: DispatchOptions) => dispatch(runtime, path, options));
  training
    .command('list')
    .addOption(training.createOption('--state <state>', 'only jobs in this state').choices(jobStates))
    .option('--service <name>', 'only jobs of this service')
    .option('--limit <number>', 'at most so many', '50')
    .description('newest first')
    .action((options: { state?: JobState; service?: string; limit: string }) => list(runtime, options));
  training
    .command('status')
    .argument('<id>')
    .option('-w, --watch', 'follow the job to its end')
    .description('one job, its attempts, what they cost, and why each was made')
    .action((id: string, options: { watch?: boolean }) =>
      options.watch === true ? watch(runtime, id) : show(runtime, id),
    );
  training
    .command('cancel')
    .argument('<id>')
    .description('ask for the end of a job')
    .action(async (id: string) => {
      const job = await runtime.client().jobs.cancel(id);
      runtime.output().result(job, () => `job ${job.id} is being cancelled`);
    });
  addSignal(training, runtime);
  training
    .command('logs')
    .argument('<id>')
    .option('-f, --follow', 'go on until the job has ended, or the attempt that is named')
    .option('--attempt <number>', 'which attempt; the newest one without it')
    .addOption(training.createOption('--stream <name>', 'which log').choices(logStreams).default('training'))
    .description('the log of an attempt')
    .action((id: string, options: { follow?: boolean; attempt?: string; stream: LogStream }) =>
      logs(runtime, id, options),
    );
}
