import { logStreams, type AttemptView, type JobView, type LogStream } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { stateWords } from '../../output/job-text.ts';
import type { Runtime } from '../../runtime.ts';
import { wholeNumber } from '../numbers.ts';

type Options = { readonly follow?: boolean; readonly attempt?: string; readonly stream: LogStream };
type Asked = { readonly attempt: number | undefined; readonly stream: LogStream };

/** The reason why there is no log; `isEmpty` when the command ran and printed nothing. */
function whyNoLog(
  job: JobView,
  attempt: AttemptView | undefined,
  { stream, id }: { readonly stream: LogStream; readonly id: string },
): { readonly isEmpty: boolean; readonly text: string } {
  if (attempt === undefined) {
    const why = job.message === '' ? '' : `: ${job.message}`;
    return { isEmpty: false, text: `No log: no attempt has started. Job ${id} is ${stateWords(job)}${why}` };
  }
  const name = `attempt ${attempt.attempt}`;
  if (stream === 'setup')
    return attempt.helloAt === null
      ? { isEmpty: false, text: `No setup log: ${name} has not reached its machine${endOf(attempt)}` }
      : { isEmpty: true, text: `The setup of ${name} printed nothing.` };
  if (attempt.runningAt !== null) return { isEmpty: true, text: `The command of ${name} printed nothing.` };
  const setup = attempt.state === 'setup' || attempt.ending?.kind === 'setup-failed';
  const more = setup
    ? `\nThe log of its setup: artenic jobs logs ${id} --attempt ${attempt.attempt} --stream setup`
    : '';
  const where = attempt.ending === null ? `: it is ${attempt.state}.` : endOf(attempt);
  return { isEmpty: false, text: `No log: the command of ${name} has not started${where}${more}` };
}

function endOf({ ending }: AttemptView): string {
  if (ending === null) return ' yet.';
  return `; the attempt ended as ${ending.kind}${ending.message === '' ? '.' : `: ${ending.message}`}`;
}

async function explainNoLog(runtime: Runtime, id: string, { attempt, stream }: Asked): Promise<void> {
  const { jobs } = runtime.client();
  const [job, attempts] = await Promise.all([jobs.get(id), jobs.attempts(id)]);
  const asked = attempts.find((one) => one.attempt === (attempt ?? job.currentAttempt));
  const { isEmpty, text } = whyNoLog(job, asked, { stream, id: runtime.look().id(job.id) });
  if (!isEmpty) throw new CliError('negative', text);
  runtime.output().say(text);
}

async function logs(runtime: Runtime, id: string, options: Options): Promise<void> {
  const output = runtime.output();
  const attempt = options.attempt === undefined ? undefined : wholeNumber('attempt', options.attempt);
  const query = {
    stream: options.stream,
    follow: options.follow === true,
    ...(attempt === undefined ? {} : { attempt }),
  };
  let hasLog = false;
  for await (const page of runtime.client().jobs.logs(id, query, { signal: runtime.signal })) {
    hasLog = true;
    if (page.droppedBytes > 0) output.say(`… ${page.droppedBytes} bytes left out: the log passed its limit …`);
    output.line(page, page.text);
  }
  if (!hasLog) await explainNoLog(runtime, id, { attempt, stream: options.stream });
}

export function addLogs(jobs: Command, runtime: Runtime): void {
  jobs
    .command('logs')
    .argument('<id>')
    .option('-f, --follow', 'Continue until the job has ended, or the attempt that is named')
    .option('--attempt <number>', 'Number of the attempt (default: the newest)')
    .addOption(jobs.createOption('--stream <name>', 'Log to show').choices(logStreams).default('training'))
    .description('Print the log of an attempt')
    .action((id: string, options: Options) => logs(runtime, id, options));
}
