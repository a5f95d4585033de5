import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { attemptMarkerVariable } from '@artenic/core';
import { errorCode } from '../../error-code.ts';
import { pidNamespace } from './home-machine.ts';

const run = promisify(execFile);

/** Holds the instance's folder, so that two stacks on one machine do not touch each other's processes. */
export const instanceMarkerVariable = 'ARTENIC_INSTANCE';

export type Marks = { readonly attemptId: string; readonly folder: string };
/** Identity of a process: its pid and start. Pids are reused; the pair is unique within one boot. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };

/** Access to the machine's processes. A zombie counts as ended. */
export type ProcessTable = {
  readonly bootId: () => string;
  /** Namespace whose processes are visible. */
  readonly pidNamespace: () => string;
  readonly isAlive: (identity: ProcessIdentity) => Promise<boolean>;
  /** Living processes with the attempt's mark in their environment and without the mark of another instance. */
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
    // the process has ended, or belongs to another user
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
  // field 2 is the program's name in parentheses and may hold any character; field 3 is the state, field 22 the start
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

// ---- elsewhere: ps ----

const portableTable: ProcessTable = {
  // `ps` shows the start as a date, which is unique across boots
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
