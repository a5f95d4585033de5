import { ArtenicApiError, ArtenicUnreachableError } from '@artenic/client';
import { CommanderError } from 'commander';
import { CliError, exitCodes } from './cli-error.ts';
import { createProgram } from './program.ts';
import { expandJobId } from './training.ts';

/** The exit code of a failure, after its sentence on standard error. */
function explain(error: unknown): number {
  const say = (text: string): void => void process.stderr.write(`artenic: ${text}\n`);
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CliError) {
    say(error.message);
    return exitCodes[error.reason];
  }
  if (error instanceof ArtenicUnreachableError) {
    say(`${error.message} Is it running? \`npm start\` starts one.`);
    return exitCodes.unreachable;
  }
  if (error instanceof ArtenicApiError) {
    const { problem } = error;
    const issues = problem.errors ?? [];
    say(issues.length === 0 ? `${problem.title}: ${problem.detail}` : `${problem.title}:`);
    for (const issue of issues)
      say(`  ${issue.pointer || '/'}${issue.line === undefined ? '' : ` (line ${issue.line})`}: ${issue.message}`);
    return exitCodes.refused;
  }
  throw error;
}

const interrupt = new AbortController();
/** What follows a job ends by itself; a request in flight is not waited for. */
const interruptGraceMs = 300;
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    interrupt.abort();
    setTimeout(() => process.exit(exitCodes.interrupted), interruptGraceMs).unref();
  });
// `artenic … | head` closes the pipe early, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.negative),
);
try {
  await createProgram(interrupt.signal).parseAsync(expandJobId(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  process.exitCode = interrupt.signal.aborted ? exitCodes.interrupted : explain(error);
}
