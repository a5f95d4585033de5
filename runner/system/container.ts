import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where Linux shows control groups and processes. */
export type SystemFolders = { readonly proc: string; readonly sys: string };

export type ContainerMemory = { readonly usedBytes: number; readonly limitBytes: number };

type Version = {
  readonly limit: string;
  readonly used: string;
  /** Pages of files that the kernel gives up before it ends a process. */
  readonly inactive: RegExp;
};
const versions: Readonly<Record<'one' | 'two', Version>> = {
  one: { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', inactive: /^total_inactive_file (\d+)$/m },
  two: { limit: 'memory.max', used: 'memory.current', inactive: /^inactive_file (\d+)$/m },
};

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

async function numberIn(path: string): Promise<number | null> {
  const text = (await textOf(path))?.trim() ?? '';
  return /^\d{1,20}$/.test(text) ? Number(text) : null;
}

/** A group's folder and those above it. In a container the path of the host may be absent: then the mount itself is the group. */
function upwards(mount: string, path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = path; at !== '/' && at !== '.' && folders.length < 64; at = dirname(at)) folders.push(join(mount, at));
  return [...folders, mount];
}

async function tightest(
  folders: readonly string[],
  version: Version,
  machineBytes: number,
): Promise<ContainerMemory | null> {
  let found: { readonly folder: string; readonly limitBytes: number } | null = null;
  for (const folder of folders) {
    const limitBytes = await numberIn(join(folder, version.limit));
    // Version 1 writes "no limit" as a number beyond any memory.
    if (limitBytes !== null && limitBytes < (found?.limitBytes ?? machineBytes)) found = { folder, limitBytes };
  }
  if (found === null) return null;
  const used = await numberIn(join(found.folder, version.used));
  if (used === null) return null;
  const inactive = Number(version.inactive.exec((await textOf(join(found.folder, 'memory.stat'))) ?? '')?.[1] ?? 0);
  return { usedBytes: Math.max(0, used - inactive), limitBytes: found.limitBytes };
}

/** Path of the memory controller's group in `/proc/self/cgroup`, whose lines are `id:controllers:path` (cgroups(7)). */
function memoryGroupOf(groups: string): string | undefined {
  for (const line of groups.split('\n')) {
    const [, controllers = '', ...path] = line.split(':');
    if (controllers.split(',').includes('memory')) return path.join(':');
  }
  return undefined;
}

/** Null when no control group bounds this process below the memory of the machine. */
export async function containerMemory(folders: SystemFolders, machineBytes: number): Promise<ContainerMemory | null> {
  const groups = (await textOf(join(folders.proc, 'self/cgroup'))) ?? '';
  const two = /^0::(\/.*)$/m.exec(groups)?.[1];
  const one = memoryGroupOf(groups);
  const mount = join(folders.sys, 'fs/cgroup');
  if (one !== undefined) {
    const found = await tightest(upwards(join(mount, 'memory'), one), versions.one, machineBytes);
    if (found !== null) return found;
  }
  return two === undefined ? null : tightest(upwards(mount, two), versions.two, machineBytes);
}

/** Cores that the control group gives this process; null without a bound. */
export async function containerCores(folders: SystemFolders): Promise<number | null> {
  const two = /^0::(\/.*)$/m.exec((await textOf(join(folders.proc, 'self/cgroup'))) ?? '')?.[1] ?? '/';
  const mount = join(folders.sys, 'fs/cgroup');
  let least: number | null = null;
  for (const folder of upwards(mount, two)) {
    const match = /^(\d{1,15}) (\d{1,15})\s*$/.exec((await textOf(join(folder, 'cpu.max'))) ?? '');
    const cores = match === null ? null : Number(match[1]) / Number(match[2]);
    if (cores !== null && cores > 0 && cores < (least ?? Number.POSITIVE_INFINITY)) least = cores;
  }
  if (least !== null) return least;
  const [quota, period] = await Promise.all(
    ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => numberIn(join(mount, 'cpu', name))),
  );
  return quota && period ? quota / period : null;
}
