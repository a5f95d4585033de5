import { getSystemErrorMessage, types } from 'node:util';
import { ArtenicApiError, ArtenicUnreachableError } from '@artenic/client';
import { CommanderError } from 'commander';
import { CliError, exitCodes } from './cli-error.ts';

export type Explanation = { readonly exitCode: number; readonly lines: readonly string[] };

/** The operating system's error about a file: this error, or the cause of a failed upload. */
function fileErrorOf(error: unknown): NodeJS.ErrnoException | null {
  for (let inner = error, depth = 0; types.isNativeError(inner) && depth < 8; inner = inner.cause, depth++) {
    const found = inner as NodeJS.ErrnoException;
    if (found.errno !== undefined && found.path !== undefined) return found;
  }
  return null;
}

function messageOfSystem({ errno, message }: NodeJS.ErrnoException): string {
  try {
    return getSystemErrorMessage(errno ?? 0) ?? message;
  } catch {
    return message;
  }
}

function ofApi({ problem }: ArtenicApiError): readonly string[] {
  const { candidates = [], errors: issues = [] } = problem;
  if (candidates.length > 0)
    return [
      `${problem.title}: ${problem.detail}`,
      ...candidates.map(({ id, name, state, createdAt }) => `  ${id}  ${name}, ${state}, submitted ${createdAt}`),
    ];
  if (issues.length === 0) return [`${problem.title}: ${problem.detail}`];
  return [
    `${problem.title}:`,
    ...issues.map(
      ({ pointer, line, message }) => `  ${pointer || '/'}${line === undefined ? '' : ` (line ${line})`}: ${message}`,
    ),
  ];
}

/** Message and exit code for a failure. `ARTENIC_DEBUG=1` adds the stack, for developers of the command. */
export function explain(error: unknown, isDebugging: boolean): Explanation {
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? exitCodes.ok : exitCodes.usage, lines: [] };
  if (error instanceof CliError) return { exitCode: exitCodes[error.reason], lines: [error.message] };
  if (error instanceof ArtenicApiError) return { exitCode: exitCodes.refused, lines: ofApi(error) };
  const stack = isDebugging && types.isNativeError(error) ? [error.stack ?? ''] : [];
  const ofFile = fileErrorOf(error);
  if (ofFile !== null)
    return { exitCode: exitCodes.usage, lines: [`${ofFile.path}: ${messageOfSystem(ofFile)}`, ...stack] };
  if (error instanceof ArtenicUnreachableError)
    return {
      exitCode: exitCodes.unreachable,
      lines: [`${error.message} Start it with \`npm start\`, then retry.`, ...stack],
    };
  const ofSystem =
    types.isNativeError(error) && 'errno' in error ? messageOfSystem(error as NodeJS.ErrnoException) : null;
  const message = ofSystem ?? (types.isNativeError(error) ? error.message : String(error));
  const hint = isDebugging || ofSystem !== null ? '' : ' (ARTENIC_DEBUG=1 prints the stack)';
  return { exitCode: exitCodes.negative, lines: [`${message}${hint}`, ...stack] };
}
