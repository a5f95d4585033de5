import { exitCodes } from './cli-error.ts';
import { explain } from './commands/explain.ts';
import { createProgram } from './program.ts';
import { expandJobId } from './commands/training.ts';

/** Says on standard error what has failed; returns the exit code. */
function report(error: unknown): number {
  const { exitCode, lines } = explain(error, (process.env['ARTENIC_DEBUG'] ?? '') !== '');
  for (const [index, line] of lines.entries()) process.stderr.write(`${index === 0 ? 'artenic: ' : ''}${line}\n`);
  return exitCode;
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
