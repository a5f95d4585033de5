import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Linux counts processor time in hundredths of a second in /proc on all common architectures. */
const ticksPerSecond = 100;
/** A machine with more processes is measured by the first ones only: reading them must stay cheap. */
const mostProcesses = 20_000;
const readAtOnce = 32;

type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Its own and that of its ended children. */
  readonly cpuSeconds: number;
};

export type TrainingUse = { readonly cpuSeconds: number; readonly memoryBytes: number };

/** The name of the program stands in parentheses and may itself contain spaces and parentheses. */
export function parseStat(text: string): ProcessStat | null {
  const end = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(end + 2).split(' ');
  const at = (index: number): number => Number(fields[index]);
  const ticks = at(11) + at(12) + at(13) + at(14);
  if (end < 0 || !Number.isInteger(pid) || !Number.isFinite(ticks)) return null;
  return { pid, parent: at(1), session: at(3), cpuSeconds: ticks / ticksPerSecond };
}

/** Null when the process has ended. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

async function allStats(proc: string): Promise<ReadonlyMap<number, ProcessStat>> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).slice(0, mostProcesses);
  const found = new Map<number, ProcessStat>();
  for (let from = 0; from < pids.length; from += readAtOnce) {
    const texts = await Promise.all(pids.slice(from, from + readAtOnce).map((pid) => textOf(join(proc, pid, 'stat'))));
    for (const text of texts) {
      const stat = text === null ? null : parseStat(text);
      if (stat !== null) found.set(stat.pid, stat);
    }
  }
  return found;
}

function isBelow(stat: ProcessStat, root: number, all: ReadonlyMap<number, ProcessStat>): boolean {
  // Bounded, because the list is not read at one moment and may hold a circle.
  let at: ProcessStat | undefined = stat;
  for (let steps = 0; at !== undefined && steps < 1000; steps++) {
    if (at.parent === root) return true;
    at = all.get(at.parent);
  }
  return false;
}

async function memoryOf(proc: string, pid: number): Promise<number> {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec((await textOf(join(proc, String(pid), 'status'))) ?? '');
  return match === null ? 0 : Number(match[1]) * 1024;
}

/**
 * Measures all processes that the runner has started for the job: commands run in sessions of their own, so a process
 * that loses its parent is still found by its session. Memory is resident memory: pages that processes share count for each.
 */
export class TrainingProcesses {
  readonly #proc: string;
  readonly #runner: number;
  #sessions: ReadonlySet<number> = new Set();

  constructor(proc: string, runner: number) {
    this.#proc = proc;
    this.#runner = runner;
  }

  /** Null while no command runs. `own` is the session of a program that the runner uses itself. */
  async measure(own: number | null): Promise<TrainingUse | null> {
    const all = await allStats(this.#proc);
    const session = all.get(this.#runner)?.session;
    const members = [...all.values()].filter(
      (stat) =>
        stat.session !== session &&
        stat.session !== own &&
        (this.#sessions.has(stat.session) || isBelow(stat, this.#runner, all)),
    );
    this.#sessions = new Set(members.map((stat) => stat.session));
    if (members.length === 0) return null;
    const memory = await Promise.all(members.map(({ pid }) => memoryOf(this.#proc, pid)));
    return {
      cpuSeconds: members.reduce((sum, stat) => sum + stat.cpuSeconds, 0),
      memoryBytes: memory.reduce((sum, bytes) => sum + bytes, 0),
    };
  }
}
