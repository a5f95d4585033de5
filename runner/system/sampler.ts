import { appendFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { complain } from '../error-text.ts';
import { pause } from '../pause.ts';
import { containerCores, containerMemory, type SystemFolders } from './container.ts';
import { Gpus } from './gpus.ts';
import { machineMemory, readCounters, type Counters } from './machine.ts';
import { TrainingProcesses, type TrainingUse } from './processes.ts';
import { Windows } from './windows.ts';

const sampleMs = 10_000;
/** The last look gets this long. */
const stopMs = 2000;
/** The file keeps what the API has not taken yet. Windows beyond this are left out. */
const mostFileBytes = 64_000_000;

export type Sample = Readonly<Record<string, number>>;

type Reading = { readonly atMs: number; readonly counters: Counters; readonly training: TrainingUse | null };

/** Growth of a counter a second; absent when a reading is absent or the counter has started again. */
function rate(name: string, before: number | undefined, after: number | undefined, seconds: number): Sample {
  if (before === undefined || after === undefined || after < before || seconds <= 0) return {};
  return { [name]: (after - before) / seconds };
}

function percent(name: string, part: number, whole: number): Sample {
  return whole > 0 && part >= 0 ? { [name]: Math.min(100, (100 * part) / whole) } : {};
}

function changes(before: Reading, after: Reading, cores: number): Sample {
  const seconds = (after.atMs - before.atMs) / 1000;
  const [old, now] = [before.counters, after.counters];
  const busy = (now.cpuBusy ?? Number.NaN) - (old.cpuBusy ?? Number.NaN);
  const all = (now.cpuAll ?? Number.NaN) - (old.cpuAll ?? Number.NaN);
  const own = (after.training?.cpuSeconds ?? Number.NaN) - (before.training?.cpuSeconds ?? Number.NaN);
  return {
    ...percent('machine-cpu', busy, all),
    // A process that ended takes its time along: a negative difference means nothing.
    ...percent('training-cpu', own, cores * seconds),
    ...rate('machine-disk-read', old.diskRead, now.diskRead, seconds),
    ...rate('machine-disk-write', old.diskWrite, now.diskWrite, seconds),
    ...rate('machine-network-received', old.networkReceived, now.networkReceived, seconds),
    ...rate('machine-network-sent', old.networkSent, now.networkSent, seconds),
  };
}

async function diskOf(folder: string): Promise<Sample> {
  const { bsize, blocks, bfree, bavail } = await statfs(folder);
  const used = (blocks - bfree) * bsize;
  // The part that only the system's administrator may fill belongs to neither.
  return { 'disk-used': used, 'disk-total': used + bavail * bsize };
}

export type SamplerParts = {
  readonly folders: SystemFolders;
  readonly workDir: string;
  readonly gpus: Gpus;
  /** The process whose descendants are the training. */
  readonly runner: number;
};

/** One look at the machine. Values of rates need an earlier look. */
export function createSampler({ folders, workDir, gpus, runner }: SamplerParts): (nowMs: number) => Promise<Sample> {
  const processes = new TrainingProcesses(folders.proc, runner);
  let before: Reading | null = null;
  return async (nowMs) => {
    const [counters, memory, training, cores, disk] = await Promise.all([
      readCounters(folders),
      machineMemory(folders),
      // /proc is absent on other systems than Linux.
      processes.measure(gpus.session).catch(() => null),
      containerCores(folders),
      diskOf(workDir).catch(() => ({})),
    ]);
    const container = memory === null ? null : await containerMemory(folders, memory.totalBytes);
    const reading = { atMs: nowMs, counters, training };
    const most = availableParallelism();
    const changed = before === null ? {} : changes(before, reading, Math.min(most, cores ?? most));
    before = reading;
    return {
      ...changed,
      ...disk,
      ...gpus.take(nowMs),
      ...(training === null ? {} : { 'training-memory': training.memoryBytes }),
      ...(memory === null ? {} : { 'machine-memory': memory.usedBytes, 'machine-memory-total': memory.totalBytes }),
      ...(container === null
        ? {}
        : { 'container-memory': container.usedBytes, 'container-memory-limit': container.limitBytes }),
    };
  };
}

/** Measures until `stop` and appends each window to `file`, a line of JSON each. A failure ends the measuring only. */
export function startSystemMetrics(parts: { readonly workDir: string; readonly file: string }): {
  readonly stop: () => Promise<void>;
} {
  const end = new AbortController();
  const gpus = new Gpus(process.env['PATH']);
  const sample = createSampler({
    folders: { proc: '/proc', sys: '/sys' },
    workDir: parts.workDir,
    gpus,
    runner: process.pid,
  });
  const windows = new Windows(performance.now());
  let written = 0;
  const write = (window: ReturnType<Windows['end']>): void => {
    if (window === null || written > mostFileBytes) return;
    const line = `${JSON.stringify({ at: Date.now(), ...window })}\n`;
    written += line.length;
    appendFileSync(parts.file, line, { mode: 0o600 });
  };

  async function run(): Promise<void> {
    try {
      for (;;) {
        const values = await sample(performance.now());
        write(windows.add(performance.now(), values));
        if (end.signal.aborted) break;
        await pause(sampleMs, end.signal);
      }
      write(windows.end(performance.now()));
    } catch (error) {
      complain('measuring the system', error);
    }
  }
  const running = run();
  return {
    stop: async () => {
      end.abort();
      // A file system that does not answer holds a look up; the attempt must end nevertheless.
      const late = new AbortController();
      await Promise.race([running, pause(stopMs, late.signal)]);
      late.abort();
      gpus.end();
    },
  };
}
