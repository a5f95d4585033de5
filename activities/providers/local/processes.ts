import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { attemptMarkerVariable } from '@artenic/core';
import { errorCode } from '../../error-code.ts';
import { pidNamespace } from './home-machine.ts';

const run = promisify(execFile);

/** Names the folder of the instance, so that two stacks on one machine leave each other's processes alone. */
export const instanceMarkerVariable = 'ARTENIC_INSTANCE';

export type Marks = { readonly attemptId: string; readonly folder: string };
/** A process by pid and start: pids are used again, the pair is not (within one boot). */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };

/** What can be learned of the machine's processes. A zombie has ended. */
export type ProcessTable = {
  readonly bootId: () => string;
  /** Which processes can be seen at all. */
  readonly pidNamespace: () => string;
  readonly isAlive: (identity: ProcessIdentity) => Promise<boolean>;
  /** Living processes that carry the attempt's mark in their environment, and not the mark of another instance. */
  readonly find: (marks: Marks) => Promise<readonly ProcessIdentity[]>;
};

export function processTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  return platform === 'linux' ? linuxTable : portableTable;
}

// ---- Linux: /proc ----

const linuxTable: ProcessTable = {
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  pidNamespace,
  isAlive: async ({ pid, startedAt }) => startInProc(pid) === startedAt,
  find: async (marks) =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && isMarked(environmentInProc(name), marks))
      .flatMap((name) => {
        const startedAt = startInProc(Number(name));
        return startedAt === null ? [] : [{ pid: Number(name), startedAt }];
      }),
};

function readProc(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    // ended meanwhile, or somebody else's
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) return null;
    throw error;
  }
}

function environmentInProc(pid: string): readonly string[] {
  const bytes = readProc(`/proc/${pid}/environ`);
  return bytes?.includes(`${attemptMarkerVariable}=`) === true ? bytes.toString().split('\0') : [];
}

function isMarked(environment: readonly string[], { attemptId, folder }: Marks): boolean {
  if (!environment.includes(`${attemptMarkerVariable}=${attemptId}`)) return false;
  const instance = environment.find((entry) => entry.startsWith(`${instanceMarkerVariable}=`));
  return instance === undefined || instance === `${instanceMarkerVariable}=${folder}`;
}

function startInProc(pid: number): string | null {
  const stat = readProc(`/proc/${pid}/stat`)?.toString();
  if (stat === undefined) return null;
  // the second field is the program's name in parentheses and may hold anything; the state is field 3, the start field 22
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

// ---- elsewhere: ps ----

const portableTable: ProcessTable = {
  // starts are dates there, which no boot repeats
  bootId: () => 'none',
  pidNamespace: () => 'none',
  isAlive: async ({ pid, startedAt }) => (await ps()).some((one) => one.pid === pid && one.startedAt === startedAt),
  find: async ({ attemptId, folder }) =>
    (await ps())
      .filter(({ words }) => {
        const isOfAttempt = words.includes(` ${attemptMarkerVariable}=${attemptId} `);
        const isOfInstance = words.includes(` ${instanceMarkerVariable}=${folder} `);
        return isOfAttempt && (isOfInstance || !words.includes(` ${instanceMarkerVariable}=`));
      })
      .map(({ pid, startedAt }) => ({ pid, startedAt })),
};

const psLine = /^\s*(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d{4})\s(.*)$/;

async function ps(): Promise<readonly (ProcessIdentity & { readonly words: string })[]> {
  const { stdout } = await run('ps', ['axeww', '-o', 'pid=,stat=,lstart=,command='], {
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 256 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, state, startedAt, words] = psLine.exec(line) ?? [];
    if (pid === undefined || state === undefined || startedAt === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), startedAt, words: ` ${words} ` }];
  });
}
