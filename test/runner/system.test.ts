import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { gpuSeries, isSystemSeries, systemWindowSchema, type SystemWindow } from '@artenic/core';
import { containerCores, containerMemory } from '../../runner/system/container.ts';
import { Gpus, parseGpus } from '../../runner/system/gpus.ts';
import { machineMemory, readCounters } from '../../runner/system/machine.ts';
import { parseStat } from '../../runner/system/processes.ts';
import { createSampler, type Sample } from '../../runner/system/sampler.ts';
import { Windows } from '../../runner/system/windows.ts';
import { poll } from '../support/poll.ts';
import { World } from './world.ts';

const world = new World();
const folder = mkdtempSync(join(tmpdir(), 'artenic-system-'));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.destroy();
});

let places = 0;
/** A folder with these files. */
function place(files: Readonly<Record<string, string>>): string {
  const root = join(folder, String(++places));
  mkdirSync(root, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}
/** A folder for PATH with a program in place of nvidia-smi. */
function fakeSmi(script: string): string {
  const root = place({ 'nvidia-smi': `#!/bin/sh\n${script}\n` });
  chmodSync(join(root, 'nvidia-smi'), 0o755);
  return root;
}
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);
const real = { proc: '/proc', sys: '/sys' };

test('on this machine: the command with all its processes, and the machine itself', async () => {
  // The inner process leaves its parent, and is counted nevertheless.
  const child = spawn('/bin/sh', ['-c', '( while :; do :; done & ); exec sleep 60'], {
    detached: true,
    stdio: 'ignore',
  });
  const sample = createSampler({ folders: real, workDir: folder, gpus: new Gpus(folder), runner: process.pid });
  try {
    await poll('the looping process', 20_000, async () =>
      (await sample(performance.now()))['training-memory'] ? true : null,
    );
    const values = await poll('a busy processor', 20_000, async (): Promise<Sample | null> => {
      const found = await sample(performance.now());
      return (found['training-cpu'] ?? 0) > 1 && (found['machine-cpu'] ?? 0) > 1 ? found : null;
    });
    expect(values['training-memory']).toBeGreaterThan(100_000);
    expect(values['training-cpu']).toBeLessThanOrEqual(100);
    expect(values['machine-memory']).toBeLessThan(values['machine-memory-total'] ?? 0);
    expect(values['disk-used']).toBeLessThan(values['disk-total'] ?? 0);
    expect(values['machine-network-received']).toBeGreaterThanOrEqual(0);
    expect(Object.keys(values).filter((name) => !isSystemSeries(name))).toEqual([]);
    expect(Object.keys(values).some((name) => name.startsWith('gpu'))).toBe(false);
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }
});

test('a system without /proc gives what is known and no error', async () => {
  const empty = { proc: join(folder, 'none'), sys: join(folder, 'none') };
  const sample = createSampler({ folders: empty, workDir: folder, gpus: new Gpus(folder), runner: process.pid });
  await sample(0);
  expect(Object.keys(await sample(10_000)).toSorted()).toEqual(['disk-total', 'disk-used']);
  expect([await machineMemory(empty), await containerMemory(empty, 1e12)]).toEqual([null, null]);
});

test('the tightest bound of control groups counts, in both versions, without pages of files', async () => {
  const gib = 1024 ** 3;
  const two = {
    proc: place({ 'self/cgroup': '0::/a/b\n' }),
    sys: place({
      'fs/cgroup/a/memory.max': `${4 * gib}\n`,
      'fs/cgroup/a/memory.current': `${3 * gib}\n`,
      'fs/cgroup/a/memory.stat': `anon 5\ninactive_file ${gib}\nactive_file 7\n`,
      'fs/cgroup/a/b/memory.max': 'max\n',
      'fs/cgroup/a/cpu.max': '150000 100000\n',
      'fs/cgroup/a/b/cpu.max': 'max 100000\n',
    }),
  };
  expect(await containerMemory(two, 8 * gib)).toEqual({ usedBytes: 2 * gib, limitBytes: 4 * gib });
  expect(await containerCores(two)).toBe(1.5);
  // The machine has less than the bound.
  expect(await containerMemory(two, 2 * gib)).toBeNull();
  const one = {
    proc: place({ 'self/cgroup': '4:cpu,cpuacct:/docker/x\n3:memory:/docker/x\n' }),
    // In a container the group is the mount itself.
    sys: place({
      'fs/cgroup/memory/memory.limit_in_bytes': `${gib}\n`,
      'fs/cgroup/memory/memory.usage_in_bytes': `${gib / 2}\n`,
      'fs/cgroup/memory/memory.stat': 'inactive_file 9\ntotal_inactive_file 100\n',
      'fs/cgroup/cpu/cpu.cfs_quota_us': '50000\n',
      'fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    }),
  };
  expect(await containerMemory(one, 8 * gib)).toEqual({ usedBytes: gib / 2 - 100, limitBytes: gib });
  expect(await containerCores(one)).toBe(0.5);
  const unlimited = { ...one, sys: place({ 'fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' }) };
  expect(await containerMemory(unlimited, 8 * gib)).toBeNull();
});

test('counters are of whole disks and real networks; names of programs are no fields', async () => {
  const folders = {
    proc: place({
      stat: 'cpu  100 0 50 800 50 0 0 0 30 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n',
      diskstats:
        ' 259 0 nvme0n1 1 0 10 0 1 0 20 0 0 0 0\n 259 1 nvme0n1p1 1 0 10 0 1 0 20 0 0 0 0\n 7 0 loop0 1 0 9 0 1 0 9 0 0\n',
      'net/dev': 'Inter-| Receive\n face |bytes\n    lo: 5 0 0 0 0 0 0 0 5 0\n  eth0: 300 1 0 0 0 0 0 0 70 1\n',
    }),
    sys: place({ 'block/nvme0n1/size': '1', 'block/loop0/size': '1' }),
  };
  expect(await readCounters(folders)).toEqual({
    ...{ cpuAll: 1000, cpuBusy: 150, diskRead: 5120, diskWrite: 10_240, networkReceived: 300, networkSent: 70 },
  });
  const stat = parseStat('42 (a) b (c) R 7 42 40 0 -1 0 0 0 0 0 100 50 20 30 20 0 1');
  expect(stat).toEqual({ pid: 42, parent: 7, session: 40, cpuSeconds: 2 });
  expect([parseStat(''), parseStat('nonsense')]).toEqual([null, null]);
});

test('GPUs: a good answer, words for what is not measured, and lines that are no answer', () => {
  expect(parseGpus('0, 37, 1024, 16384, 61, 143.25\n1, [N/A], 2048, 16384, 40, [Not Supported]\n')).toEqual({
    [gpuSeries(0, 'use')]: 37,
    [gpuSeries(0, 'memory')]: 1024 ** 3,
    [gpuSeries(0, 'memory-total')]: 16 * 1024 ** 3,
    [gpuSeries(0, 'temperature')]: 61,
    [gpuSeries(0, 'power')]: 143.25,
    [gpuSeries(1, 'memory')]: 2 * 1024 ** 3,
    [gpuSeries(1, 'memory-total')]: 16 * 1024 ** 3,
    [gpuSeries(1, 'temperature')]: 40,
  });
  for (const text of [
    '',
    'Failed to initialize NVML\n',
    '0, 1\n',
    '-1, 1, 1, 1, 1, 1\n',
    '99, 1, 1, 1, 1, 1\n',
    '0, x, y, z, 1e9, ∞',
  ])
    expect(parseGpus(text)).toEqual({});
});

const times = { limitMs: 300, pauseMs: 1, longestPauseMs: 4 };

test('GPUs: nvidia-smi is asked with its documented options; absent, it is asked once', async () => {
  const path = fakeSmi(`echo "$@" > ${folder}/asked; env > ${folder}/environment; echo "0, 5, 1, 2, 3, 4"`);
  const gpus = new Gpus(`${path}:/usr/bin:/bin`, times);
  let now = 0;
  const found = await poll('an answer', 20_000, () => {
    const values = gpus.take((now += 10));
    return Object.keys(values).length > 0 ? values : null;
  });
  expect(found).toEqual(parseGpus('0, 5, 1, 2, 3, 4'));
  expect(readFileSync(join(folder, 'asked'), 'utf8').trim()).toBe(
    '--query-gpu=index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw --format=csv,noheader,nounits',
  );
  expect(readFileSync(join(folder, 'environment'), 'utf8')).not.toContain('HOME');
  gpus.end();

  const empty = place({});
  const without = new Gpus(empty, times);
  without.take(now);
  await poll('nvidia-smi to be found absent', 20_000, () => (without.session === null ? true : null));
  const late = fakeSmi('echo "0, 5, 1, 2, 3, 4"');
  writeFileSync(join(empty, 'nvidia-smi'), readFileSync(join(late, 'nvidia-smi')), { mode: 0o755 });
  expect(without.take((now += 1000))).toEqual({});
  expect(without.session).toBeNull();
});

test('GPUs: an nvidia-smi that hangs, floods or fails is ended, and gives nothing', async () => {
  for (const script of [
    'sleep 600 & echo $$ $! > PIDS; wait',
    'echo $$ $$ > PIDS; while :; do echo 0000000000000; done',
  ]) {
    const pids = join(folder, `pids-${++places}`);
    const gpus = new Gpus(`${fakeSmi(script.replace('PIDS', pids))}:/usr/bin:/bin`, times);
    const started = gpus.take(0);
    expect(started).toEqual({});
    const session = gpus.session ?? -1;
    await poll('the program to be ended', 20_000, () => (gpus.session === null ? true : null));
    const all = [session, ...(existsSync(pids) ? readFileSync(pids, 'utf8').trim().split(' ').map(Number) : [])];
    await poll('all its processes to be gone', 20_000, () => (all.some(isAlive) ? null : true));
    expect(gpus.take(1)).toEqual({});
    gpus.end();
  }
  const failing = new Gpus(`${fakeSmi('echo "0, 5, 1, 2, 3, 4"; exit 9')}:/usr/bin:/bin`, times);
  failing.take(0);
  await poll('the program to end', 20_000, () => (failing.session === null ? true : null));
  expect(failing.take(1)).toEqual({});
  failing.end();
});

test('windows keep least, mean and greatest, and their number stays small for days', () => {
  const windows = new Windows(0);
  const found: Omit<SystemWindow, 'at'>[] = [];
  for (let ms = 10_000; ms <= 2 * 86_400_000; ms += 10_000) {
    const window = windows.add(ms, { 'machine-cpu': ms % 60_000 === 0 ? 90 : 30, broken: Number.NaN });
    if (window !== null) found.push(window);
  }
  // 10 minutes of 10 s, a day of minutes, then five minutes each.
  expect(found).toHaveLength(60 + 1430 + 288);
  expect(found.reduce((sum, { seconds }) => sum + seconds, 0)).toBe(2 * 86_400);
  expect(found[100]).toEqual({ seconds: 60, values: { 'machine-cpu': [30, 40, 90] } });
  expect(windows.end(2 * 86_400_000 + 5000)).toBeNull();
});

const windowsOf = (text: string): readonly SystemWindow[] =>
  text
    .trim()
    .split('\n')
    .map((line) => systemWindowSchema.parse(JSON.parse(line)));

test.concurrent('a runner sends its windows, with what the API could not take in between', async () => {
  const asked = join(folder, 'answered');
  const path = fakeSmi(`echo "0, 5, 1, 2, 3, 4"; touch ${asked}`);
  const attempt = await world.start({
    job: { command: `while [ ! -e ${asked} ]; do sleep 0.05; done` },
    environment: { PATH: `${path}:${process.env['PATH']}` },
    prepare: (api) => void (api.busyPaths = ['system']),
  });
  await poll('windows that the API does not take', 60_000, () => (attempt.api.calls.includes('system') ? true : null));
  attempt.api.busyPaths = [];
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.violations).toEqual([]);
  const windows = windowsOf(attempt.api.text('system'));
  expect(windows.flatMap(({ values }) => Object.keys(values))).toEqual(
    expect.arrayContaining(['machine-memory', 'machine-cpu', 'disk-used', gpuSeries(0, 'use')]),
  );
});

test.concurrent('an nvidia-smi that hangs does not keep an attempt', async () => {
  const pids = join(folder, 'hanging');
  const path = fakeSmi(`echo $$ > ${pids}; exec sleep 600`);
  const attempt = await world.run({
    job: { command: `while [ ! -e ${pids} ]; do sleep 0.05; done` },
    environment: { PATH: `${path}:${process.env['PATH']}` },
  });
  const [window] = windowsOf(attempt.api.text('system'));
  expect(window?.values['machine-memory']).toHaveLength(3);
  const pid = Number(readFileSync(pids, 'utf8'));
  await poll('nvidia-smi to be gone', 10_000, () => (isAlive(pid) ? null : true));
});
