import { randomUUID } from 'node:crypto';
import { signalNames, type SignalAnswer, type SignalName } from '@artenic/core';
import { Argument, type Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Runtime } from '../runtime.ts';

type Options = { readonly deadline?: string; readonly event?: string };

export function addSignal(training: Command, runtime: Runtime): void {
  training
    .command('signal')
    .argument('<id>')
    .addArgument(new Argument('<name>', 'what to tell it').choices(signalNames))
    .option('--deadline <time>', 'of a preemption notice: when the machine ends, in ISO 8601')
    .option('--event <id>', "the event's own id; the same one twice changes nothing")
    .description('hold or release a job, ask for a checkpoint, tell of a preemption or of new capacity')
    .action((id: string, name: SignalName, options: Options) => send(runtime, id, name, options));
}

async function send(runtime: Runtime, jobId: string, name: SignalName, options: Options): Promise<void> {
  const { deadline, event = randomUUID() } = options;
  const answer = await runtime
    .client()
    .jobs.signal(jobId, name, { id: event, ...(deadline === undefined ? {} : { deadlineAt: timeOf(deadline) }) });
  runtime.output().result(answer, () => describe(answer));
}

function timeOf(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new CliError('usage', `--deadline ${text} is no time; write 2030-01-31T12:00:00Z`);
  return time.toISOString();
}

function describe({ name, jobId, outcome, heldAt }: SignalAnswer): string {
  if (outcome === 'ignored') return `job ${jobId} ignores it: ${name} says nothing new there, or comes too late`;
  if (outcome === 'repeated') return `this event was taken before`;
  if (name === 'hold' || name === 'release')
    return heldAt === null
      ? `job ${jobId} goes on`
      : `job ${jobId} is held: what runs goes on, nothing new is launched`;
  return `job ${jobId} has been told: ${name}`;
}
