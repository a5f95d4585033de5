import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * Starts a watcher in the command's process group, then becomes the command, so that the exit status comes from the
 * system and not from a shell. The watcher holds the reading end of a pipe from the runner: when the runner dies for
 * any reason, the pipe closes and the whole group is killed. The watcher's parent ends at once, so a command that waits
 * for all of its children does not wait for the watcher. `exec` prevents a command list from running a shell builtin.
 */
const guard = `( { trap '' TERM; read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 & )
exec 3<&-
exec "$@"`;

const watcherPipe = 3;
/** A shell reports a death by signal as 128 plus the signal's number. */
const signalBase = 128;
const longestSignal = 31;
/**
 * A shell's report of these signals is believed: programs do not choose these exit codes, and the out-of-memory killer
 * sends SIGKILL.
 */
const believed: ReadonlySet<string> = new Set([
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGSEGV',
  'SIGSYS',
]);

export type CommandEnd = { readonly exitCode: number | null; readonly signal: string | null };

export type RunningCommand = {
  readonly ended: Promise<CommandEnd>;
  /** Sends a signal to the whole group. Succeeds when the group has already gone. */
  readonly signalGroup: (name: NodeJS.Signals) => void;
};

export type CommandOptions = {
  /** A string is run by `sh -c`, a list as it is. */
  readonly command: string | readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The command itself appends its standard output and error here: no output passes through the runner. */
  readonly logFile: string;
};

/** The signal that a shell would report by this exit code; null for another exit code. */
export function signalInShell(exitCode: number | null): string | null {
  if (exitCode === null || exitCode <= signalBase || exitCode > signalBase + longestSignal) return null;
  return Object.entries(constants.signals).find(([, value]) => value === exitCode - signalBase)?.[0] ?? null;
}

function endOf(exitCode: number | null, signal: NodeJS.Signals | null, isShell: boolean): CommandEnd {
  const reported = isShell ? signalInShell(exitCode) : null;
  if (reported !== null && believed.has(reported)) return { exitCode: null, signal: reported };
  return { exitCode, signal };
}

export function startCommand(options: CommandOptions): RunningCommand {
  const argv = typeof options.command === 'string' ? ['/bin/sh', '-c', options.command] : options.command;
  const log = openSync(options.logFile, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn('/bin/sh', ['-c', guard, 'artenic-guard', ...argv], {
      cwd: options.folder,
      env: options.environment,
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    });
  } finally {
    closeSync(log);
  }
  // The pipe is never written to: only its closing matters.
  child.stdio[watcherPipe]?.on('error', () => undefined);

  let isOver = false;
  function signalGroup(name: NodeJS.Signals): void {
    if (child.pid === undefined || isOver) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  const ended = new Promise<CommandEnd>((done) => {
    child.once('error', (error) => {
      appendFileSync(options.logFile, `artenic: the command cannot be started: ${error.message}\n`);
      done({ exitCode: 127, signal: null });
    });
    child.once('exit', (code, signal) => {
      // Kill the processes that the command left in the background.
      signalGroup('SIGKILL');
      isOver = true; // Another group may reuse the number soon.
      child.stdio[watcherPipe]?.destroy();
      done(endOf(code, signal, typeof options.command === 'string'));
    });
  });
  return { ended, signalGroup };
}
