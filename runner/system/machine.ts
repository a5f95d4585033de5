import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SystemFolders } from './container.ts';

/** Counters that grow from the start of the machine. An absent file gives an absent counter. */
export type Counters = {
  readonly cpuBusy?: number;
  readonly cpuAll?: number;
  readonly diskRead?: number;
  readonly diskWrite?: number;
  readonly networkReceived?: number;
  readonly networkSent?: number;
};
export type MachineMemory = { readonly usedBytes: number; readonly totalBytes: number };

const sectorBytes = 512;

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

function cpuOf(text: string): Counters {
  const [name, ...fields] = (text.split('\n').find((line) => line.startsWith('cpu ')) ?? '').split(' ').filter(Boolean);
  if (name === undefined) return {};
  // user nice system idle iowait irq softirq steal; what follows is counted in user already.
  const times = fields.map(Number).slice(0, 8);
  const all = times.reduce((sum, ticks) => sum + ticks, 0);
  return { cpuAll: all, cpuBusy: all - (times[3] ?? 0) - (times[4] ?? 0) };
}

/** Sums whole devices: a partition, a volume over disks or a loop would count bytes twice. */
function disksOf(text: string, devices: ReadonlySet<string>): Counters {
  let [diskRead, diskWrite] = [0, 0];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/ +/);
    if (!devices.has(fields[2] ?? '')) continue;
    diskRead += Number(fields[5] ?? 0) * sectorBytes;
    diskWrite += Number(fields[9] ?? 0) * sectorBytes;
  }
  return { diskRead, diskWrite };
}

function networkOf(text: string): Counters {
  let [networkReceived, networkSent] = [0, 0];
  for (const line of text.split('\n')) {
    const [name, rest] = line.split(':');
    if (rest === undefined || name?.trim() === 'lo') continue;
    const fields = rest.trim().split(/ +/);
    networkReceived += Number(fields[0] ?? 0);
    networkSent += Number(fields[8] ?? 0);
  }
  return { networkReceived, networkSent };
}

async function wholeDisks(sys: string): Promise<ReadonlySet<string>> {
  try {
    const names = await readdir(join(sys, 'block'));
    return new Set(names.filter((name) => !/^(?:loop|ram|zram|dm-|md|sr|fd)\d*/.test(name)));
  } catch {
    return new Set();
  }
}

export async function readCounters({ proc, sys }: SystemFolders): Promise<Counters> {
  const [cpu, disks, network, devices] = await Promise.all([
    textOf(join(proc, 'stat')),
    textOf(join(proc, 'diskstats')),
    textOf(join(proc, 'net/dev')),
    wholeDisks(sys),
  ]);
  return {
    ...(cpu === null ? {} : cpuOf(cpu)),
    ...(disks === null || devices.size === 0 ? {} : disksOf(disks, devices)),
    ...(network === null ? {} : networkOf(network)),
  };
}

/** Null on a system without /proc/meminfo. */
export async function machineMemory({ proc }: SystemFolders): Promise<MachineMemory | null> {
  const text = (await textOf(join(proc, 'meminfo'))) ?? '';
  const bytesOf = (match: RegExpExecArray | null): number | null => (match === null ? null : Number(match[1]) * 1024);
  const totalBytes = bytesOf(/^MemTotal: +(\d+) kB$/m.exec(text));
  const available = bytesOf(/^MemAvailable: +(\d+) kB$/m.exec(text));
  return totalBytes === null || available === null ? null : { totalBytes, usedBytes: totalBytes - available };
}
