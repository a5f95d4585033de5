import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process by pid and start time: pids are reused, the pair is not. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };

/**
 * Start time of a process in the system's own format; null when it does not exist (a zombie counts as not existing).
 */
function processStart(pid: number): string | null {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field is the program's name in parentheses, with any characters; state is field 3, the start field
      // 22.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  const answer = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return answer.status === 0 && answer.stdout.trim() !== '' ? answer.stdout.trim() : null;
}

/** Program and arguments of a living process in one line; empty when there is no such process. */
export function commandOf(pid: number): string {
  if (process.platform !== 'linux') {
    const answer = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return answer.status === 0 ? answer.stdout.trim() : '';
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Whether the pid is in use: by a living process, or by a dead one that its parent has not reaped yet. */
export function isInProcessTable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function identify(pid: number): ProcessIdentity | null {
  const startedAt = processStart(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return processStart(identity.pid) === identity.startedAt;
}

/** Sends a signal; a process that no longer exists is no error. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends a process by the signal, and after `patienceMs` by SIGKILL. Returns when it is gone. */
export async function endProcess(identity: ProcessIdentity, kind: NodeJS.Signals, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  if (isAlive(identity)) signal(identity.pid, kind);
  while (isAlive(identity)) {
    if (Date.now() > deadline) signal(identity.pid, 'SIGKILL');
    await new Promise((done) => setTimeout(done, 20));
  }
}
