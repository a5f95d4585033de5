import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Identifies a process by pid and start time, because pids are reused. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };

const hasProc = process.platform === 'linux';

/** Checks the shape: an error of another realm is not an `instanceof Error`. */
function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // The process has ended meanwhile, or belongs to another user.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '')) return null;
    throw error;
  }
}

/** Null for a process that has ended; a zombie counts as ended. */
export function startOf(pid: number): string | null {
  if (!hasProc) return ps().find((one) => one.pid === pid)?.startedAt ?? null;
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the program's name in parentheses and may contain any character; the state is field 3, the
  // start field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return startOf(pid) === startedAt;
}

/** Live processes whose environment contains `text`. */
export function processesWith(text: string): readonly number[] {
  if (!hasProc) return ps().flatMap(({ pid, words }) => (pid !== process.pid && words.includes(text) ? [pid] : []));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && readProc(`/proc/${name}/environ`)?.includes(text) === true)
    .map(Number)
    .filter((pid) => pid !== process.pid && startOf(pid) !== null);
}

/** Succeeds when the process has already gone. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

const psLine = /^\s*(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d{4})\s(.*)$/;

function ps(): readonly (ProcessIdentity & { readonly words: string })[] {
  const text = execFileSync('ps', ['axeww', '-o', 'pid=,stat=,lstart=,command='], {
    env: { ...process.env, LC_ALL: 'C' },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return text.split('\n').flatMap((line) => {
    const [, pid, state, startedAt, words] = psLine.exec(line) ?? [];
    if (pid === undefined || state === undefined || startedAt === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), startedAt, words: ` ${words} ` }];
  });
}
