import { runStates, type RunIo, type RunState, type RunView } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { jobTones } from '../../output/tones.ts';
import type { Look } from '../../output/look.ts';
import { gather } from '../../output/options.ts';
import { details, table } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';
import { refOf } from './lineage.ts';

function stateOf(status: string): RunState {
  const found = runStates.find((one) => one === status);
  if (found === undefined) throw new CliError('usage', `--status ${status}: use ${runStates.join(', ')}`);
  return found;
}

function pairsOf(option: string, pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CliError('usage', `${option} takes name=value, not ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
function numbersOf(option: string, pairs: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(pairsOf(option, pairs)).map(([name, text]) => {
      if (text === '' || !Number.isFinite(Number(text)))
        throw new CliError('usage', `${option} takes name=number, not ${name}=${text}`);
      return [name, Number(text)];
    }),
  );
}

function runTable(look: Look, runs: readonly RunView[]): string {
  return table(
    look,
    [
      { name: 'RUN', cell: ({ id }) => look.id(id) },
      { name: 'NAME', cell: ({ name }) => name },
      { name: 'STATUS', cell: ({ status }) => status, tone: ({ status }) => jobTones[status] },
      { name: 'STARTED BY', cell: ({ triggeredBy }) => triggeredBy, rank: 2 },
      { name: 'CREATED', cell: ({ createdAt }) => look.ago(createdAt), rank: 1 },
      { name: 'OF A JOB', cell: ({ jobId }) => (jobId === null ? 'no' : 'yes'), rank: 3 },
    ],
    runs,
  );
}

async function list(runtime: Runtime, options: { readonly status?: string; readonly triggeredBy?: string }) {
  const { status, triggeredBy } = options;
  const query = {
    ...(status === undefined ? {} : { status: stateOf(status) }),
    ...(triggeredBy === undefined ? {} : { triggeredBy }),
  };
  const runs: RunView[] = [];
  for await (const run of runtime.client().runs.list(query)) runs.push(run);
  runtime.output().result(runs, (look) => (runs.length === 0 ? 'No runs.' : runTable(look, runs)));
}

const valuesOf = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');

function describe(look: Look, run: RunView, io: readonly RunIo[]): string {
  const named = (direction: RunIo['direction']): string =>
    io
      .filter((one) => one.direction === direction)
      .map(({ kind, name }) => `${kind} ${name}`)
      .join(', ');
  return details(look, [
    ['Run', run.id],
    ['Name', run.name],
    ['Status', run.status],
    ['Job', run.jobId === null ? 'none: a training elsewhere' : run.jobId],
    ['Started by', run.triggeredBy],
    ['Created', `${look.ago(run.createdAt)} by ${run.createdBy}`],
    ['Duration', run.durationSeconds === null ? '–' : `${run.durationSeconds} s`],
    ['Parameters', valuesOf(run.parameters)],
    ['Metrics', valuesOf(run.metrics)],
    ['Inputs', named('input')],
    ['Outputs', named('output')],
  ]);
}

/** Numbers and truth values as such, everything else as text. */
function parametersOf(pairs: readonly string[]): Readonly<Record<string, string | number | boolean>> {
  return Object.fromEntries(
    Object.entries(pairsOf('--parameter', pairs)).map(([name, text]) => {
      if (text === 'true' || text === 'false') return [name, text === 'true'];
      return [name, text !== '' && Number.isFinite(Number(text)) ? Number(text) : text];
    }),
  );
}

type Open = {
  readonly id?: string;
  readonly name?: string;
  readonly status?: string;
  readonly parameter: readonly string[];
  readonly metric: readonly string[];
  readonly input: readonly string[];
  readonly output: readonly string[];
};

async function open(runtime: Runtime, options: Open): Promise<void> {
  const { id, name, status, parameter, metric, input, output } = options;
  const run = await runtime.client().runs.open({
    ...{ ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) },
    ...(status === undefined ? {} : { status: stateOf(status) }),
    ...{ parameters: parametersOf(parameter), metrics: numbersOf('--metric', metric) },
    ...{ inputs: input.map(refOf), outputs: output.map(refOf) },
  });
  const out = runtime.output();
  out.result(run, () => `Opened the run ${run.name}.`);
  out.next([['End it', `artenic run update ${run.id} --status succeeded`]]);
}

type Update = { readonly status?: string; readonly metric: readonly string[]; readonly duration?: string };

async function update(runtime: Runtime, id: string, { status, metric, duration }: Update): Promise<void> {
  const durationSeconds = duration === undefined ? undefined : numbersOf('--duration', [`s=${duration}`])['s'];
  const run = await runtime.client().runs.update(id, {
    ...{ ...(status === undefined ? {} : { status: stateOf(status) }), metrics: numbersOf('--metric', metric) },
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  });
  runtime.output().result(run, () => `The run ${run.name} is ${run.status}.`);
}

type Declare = { readonly input: readonly string[]; readonly output: readonly string[] };

async function declare(runtime: Runtime, id: string, { input, output }: Declare): Promise<void> {
  if (input.length + output.length === 0) throw new CliError('usage', 'give --input or --output');
  const { runs } = runtime.client();
  const made: RunIo[] = [];
  for (const text of input) made.push(await runs.declare(id, 'input', refOf(text)));
  for (const text of output) made.push(await runs.declare(id, 'output', refOf(text)));
  runtime
    .output()
    .result(made, () => made.map(({ direction, kind, name }) => `${direction} ${kind} ${name}`).join('\n'));
}

/** `run`: trainings with their inputs and outputs. */
export function addRuns(program: Command, runtime: Runtime): void {
  const run = program.command('run').alias('runs').description('Runs: one for each job, and trainings elsewhere');
  run
    .command('list')
    .option('--status <status>', `Only ${runStates.join(', ')} ones`)
    .option('--triggered-by <name>', 'Only those started by this person, schedule or program')
    .description('List runs, newest first')
    .action((options: { status?: string; triggeredBy?: string }) => list(runtime, options));
  run
    .command('get')
    .argument('<run>', 'Id, or its last 8 characters')
    .description('Show a run with its inputs and outputs')
    .action(async (id: string) => {
      const { runs } = runtime.client();
      const found = await runs.get(id);
      const io: RunIo[] = [];
      for await (const one of runs.io(found.id)) io.push(one);
      runtime.output().result({ ...found, io }, (look) => describe(look, found, io));
    });
  const refs = 'repeatable; reviews@3, penguins@2, KIND:ID if two kinds share it';
  run
    .command('open')
    .option('--id <id>', 'Your own id')
    .option('--name <name>', 'Name for people')
    .option('--status <status>', 'Status at first (default: queued)')
    .option('-p, --parameter <name=value>', 'Parameter; repeatable', gather, [])
    .option('-m, --metric <name=number>', 'Metric; repeatable', gather, [])
    .option('--input <thing>', `Something it reads; ${refs}`, gather, [])
    .option('--output <thing>', `Something it makes; ${refs}`, gather, [])
    .description('Open a run for a training elsewhere')
    .action((options: Open) => open(runtime, options));
  run
    .command('update')
    .argument('<run>', 'Id, or its last 8 characters')
    .option('--status <status>', `New status: ${runStates.join(', ')}`)
    .option('-m, --metric <name=number>', 'Metric; repeatable', gather, [])
    .option('--duration <seconds>', 'How long it took')
    .description('Change status or metrics of a run elsewhere')
    .action((id: string, options: Update) => update(runtime, id, options));
  run
    .command('declare')
    .argument('<run>', 'Id, or its last 8 characters')
    .option('--input <thing>', `Something it has read; ${refs}`, gather, [])
    .option('--output <thing>', `Something it has made; ${refs}`, gather, [])
    .description('Declare inputs and outputs of a run')
    .action((id: string, options: Declare) => declare(runtime, id, options));
  run
    .command('delete')
    .argument('<run>', 'Id, or its last 8 characters')
    .description('Delete a run elsewhere')
    .action(async (id: string) => {
      await runtime.client().runs.delete(id);
      runtime.output().result({ deleted: id }, () => `Deleted the run ${id}.`);
    });
}
