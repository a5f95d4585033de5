import { exitCodes } from './cli-error.ts';
import { explain } from './explain.ts';
import { createProgram } from './program.ts';
import { expandJobId } from './commands/jobs/jobs.ts';

/** Prints the failure on standard error; returns the exit code. */
function report(error: unknown): number {
  const { exitCode, lines } = explain(error, (process.env['ARTENIC_DEBUG'] ?? '') !== '');
  for (const [index, line] of lines.entries()) process.stderr.write(`${index === 0 ? 'artenic: ' : ''}${line}\n`);
  return exitCode;
}

const interrupt = new AbortController();
/** A command that follows a job stops by itself on an interrupt; a request in flight is not awaited. */
const interruptGraceMs = 300;
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    interrupt.abort();
    setTimeout(() => process.exit(exitCodes.interrupted), interruptGraceMs).unref();
  });
// `artenic … | head` closes the pipe early, which is not an error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(
      error.code === 'EPIPE' ? exitCodes.ok : stream === process.stdout ? report(error) : exitCodes.negative,
    ),
  );
process.on('uncaughtException', (error) => process.exit(report(error)));
try {
  await createProgram(interrupt.signal).parseAsync(expandJobId(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  process.exitCode = interrupt.signal.aborted ? exitCodes.interrupted : report(error);
}
