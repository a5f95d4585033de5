import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * Stands between runner and command, in a process group of the command's own. It holds the reading end of a pipe from
 * the runner: when the runner dies, however that happens, the pipe closes and the whole group is killed. SIGTERM is
 * caught, not ignored, because ignoring would be inherited by the command. `exec` keeps a list from meaning a
 * builtin. Of a death by signal the shell itself is silent: the log's last words are the command's.
 */
const guard = `exec 4>&2 2>/dev/null
trap : TERM
{ trap '' TERM; read -r _ <&3; kill -KILL 0; } &
watcher=$!
( exec 2>&4 3<&- 4>&-; exec "$@" )
status=$?
kill -KILL "$watcher"
exit "$status"`;

const watcherPipe = 3;
/** A shell reports a death by signal as 128 and the signal's number. */
const signalBase = 128;
const longestSignal = 31;

export type CommandEnd = { readonly exitCode: number | null; readonly signal: string | null };

export type RunningCommand = {
  readonly ended: Promise<CommandEnd>;
  /** Sends a signal to the whole group; gone already is success. */
  readonly signalGroup: (name: NodeJS.Signals) => void;
};

export type CommandOptions = {
  /** A string is run by `sh -c`, a list as it is. */
  readonly command: string | readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error are appended here by the command itself: nothing passes through the runner. */
  readonly logFile: string;
};

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}

function endOf(code: number | null, signal: NodeJS.Signals | null): CommandEnd {
  if (signal !== null) return { exitCode: null, signal };
  if (code !== null && code > signalBase && code <= signalBase + longestSignal)
    return { exitCode: null, signal: signalName(code - signalBase) };
  return { exitCode: code, signal: null };
}

/** Starts one command under its guard. */
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
  // Nothing is ever written: only its closing matters.
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
      // What the command left in the background goes with it.
      signalGroup('SIGKILL');
      isOver = true; // The number may soon be another group's.
      child.stdio[watcherPipe]?.destroy();
      done(endOf(code, signal));
    });
  });
  return { ended, signalGroup };
}
