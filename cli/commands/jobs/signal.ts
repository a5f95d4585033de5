import { randomUUID } from 'node:crypto';
import { signalNames, type SignalAnswer, type SignalName } from '@artenic/core';
import { Argument, type Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import type { NextStep } from '../../output/output.ts';
import type { Runtime } from '../../runtime.ts';

type Options = { readonly deadline?: string; readonly event?: string };

export function addSignal(jobs: Command, runtime: Runtime): void {
  jobs
    .command('signal')
    .argument('<id>')
    .addArgument(new Argument('<name>', 'Signal to send').choices(signalNames))
    .option('--deadline <time>', 'For a preemption notice: when the machine ends, in ISO 8601')
    .option('--event <id>', "The event's own id; sending the same one twice changes nothing")
    .description('Hold or release a job, request a checkpoint, announce a preemption or new capacity')
    .action((id: string, name: SignalName, options: Options) => send(runtime, id, name, options));
}

async function send(runtime: Runtime, id: string, name: SignalName, options: Options): Promise<void> {
  const { deadline, event = randomUUID() } = options;
  const { jobs } = runtime.client();
  const answer = await jobs.signal(id, name, {
    id: event,
    ...(deadline === undefined ? {} : { deadlineAt: deadlineOf(deadline) }),
  });
  const output = runtime.output();
  if (answer.outcome === 'ignored') {
    const { state } = await jobs.get(id);
    output.result(answer, () => `Job ${answer.jobId} is ${state}; ${name} has no effect.`);
    throw new CliError('negative', `${name} had no effect`);
  }
  output.result(answer, () => describe(answer));
  output.next(stepsAfter(runtime, answer));
}

function stepsAfter(runtime: Runtime, { jobId, heldAt }: SignalAnswer): readonly NextStep[] {
  const id = runtime.look().id(jobId);
  return heldAt === null
    ? [['Follow', `artenic jobs ${id} --watch`]]
    : [['Release', `artenic jobs signal ${id} release`]];
}

function deadlineOf(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new CliError('usage', `--deadline ${text}: give a time such as 2030-01-31T12:00:00Z`);
  return time.toISOString();
}

function describe({ name, jobId, outcome, heldAt }: SignalAnswer): string {
  if (outcome === 'repeated') return 'This event was received before; nothing has changed.';
  switch (name) {
    case 'hold':
    case 'release':
      return heldAt === null
        ? `Job ${jobId} is released.`
        : `Job ${jobId} is on hold. The current attempt continues; no new attempts start.`;
    case 'checkpoint-now':
      return `Checkpoint of job ${jobId} requested.`;
    case 'preemption-notice':
    case 'capacity-news':
      return `Job ${jobId} received ${name}.`;
    default:
      return name satisfies never;
  }
}
