import { spawn } from 'node:child_process';
import { gpuSeries, mostGpus, type GpuQuantity } from '@artenic/core';
import { errorCode } from '../error-text.ts';

/** The columns that are asked for, what they are, and the unit of a column in that of the series. */
const columns: readonly { readonly field: string; readonly quantity: GpuQuantity; readonly unit: number }[] = [
  { field: 'utilization.gpu', quantity: 'use', unit: 1 },
  { field: 'memory.used', quantity: 'memory', unit: 1024 ** 2 },
  { field: 'memory.total', quantity: 'memory-total', unit: 1024 ** 2 },
  { field: 'temperature.gpu', quantity: 'temperature', unit: 1 },
  { field: 'power.draw', quantity: 'power', unit: 1 },
];
const query = [
  `--query-gpu=index,${columns.map(({ field }) => field).join(',')}`,
  '--format=csv,noheader,nounits',
] as const;

const answerBytes = 64_000;

/** Times of the questions: how long one may take, the pause after an answer, and the longest pause after failures. */
export type GpuTimes = { readonly limitMs: number; readonly pauseMs: number; readonly longestPauseMs: number };
const usual: GpuTimes = { limitMs: 10_000, pauseMs: 30_000, longestPauseMs: 600_000 };

/** `[N/A]` and other words mean that a GPU does not measure something. Lines in another form are left out. */
export function parseGpus(text: string): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const line of text.split('\n').slice(0, 4 * mostGpus)) {
    const [index = '', ...cells] = line.split(',').map((cell) => cell.trim());
    if (!/^\d{1,3}$/.test(index) || Number(index) >= mostGpus || cells.length !== columns.length) continue;
    for (const [place, { quantity, unit }] of columns.entries()) {
      const cell = cells[place] ?? '';
      if (/^\d{1,9}(?:\.\d{1,9})?$/.test(cell)) found[gpuSeries(Number(index), quantity)] = Number(cell) * unit;
    }
  }
  return found;
}

type Question = { readonly pid: number | null; readonly answer: Promise<string | null>; readonly gone: Promise<void> };

/** Null for no answer in time. The program is killed with all that it has started. */
function ask(program: string, path: string | undefined, limitMs: number, onAbsent: () => void): Question {
  const child = spawn(program, query, {
    // A session of its own, so that one signal reaches all that it starts; and nothing of the job's environment.
    detached: true,
    env: { LC_ALL: 'C', ...(path === undefined ? {} : { PATH: path }) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.unref();
  let text = '';
  const gone = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', () => done());
  });
  const answer = new Promise<string | null>((done) => {
    const end = (value: string | null): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      if (child.pid !== undefined) kill(child.pid);
      done(value);
    };
    const timer = setTimeout(() => end(null), limitMs);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > answerBytes) end(null);
    });
    child.stdout.once('error', () => end(null));
    child.once('error', (error) => {
      if (errorCode(error) === 'ENOENT') onAbsent();
      end(null);
    });
    child.once('close', (code) => end(code === 0 ? text : null));
  });
  return { pid: child.pid ?? null, answer, gone };
}

function kill(session: number): void {
  try {
    process.kill(-session, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/**
 * Asks nvidia-smi now and then. A machine without it is asked once. A program that hangs is ended, and no second one is
 * started while a first one is left; each failure doubles the pause.
 */
export class Gpus {
  readonly #times: GpuTimes;
  readonly #program: string;
  readonly #path: string | undefined;
  #isAbsent = false;
  #isBusy = false;
  #nextMs = 0;
  #pauseMs: number;
  #values: Readonly<Record<string, number>> = {};
  #session: number | null = null;

  constructor(path: string | undefined, times: GpuTimes = usual, program = 'nvidia-smi') {
    this.#path = path;
    this.#times = times;
    this.#program = program;
    this.#pauseMs = times.pauseMs;
  }

  /** The session of a running nvidia-smi. */
  get session(): number | null {
    return this.#session;
  }

  /** Values measured since the last call. Starts the next question when it is time, and never waits for it. */
  take(nowMs: number): Readonly<Record<string, number>> {
    const values = this.#values;
    this.#values = {};
    if (!this.#isAbsent && !this.#isBusy && nowMs >= this.#nextMs) void this.#ask(nowMs);
    return values;
  }

  /** Ends a running nvidia-smi and asks no more. */
  end(): void {
    this.#isAbsent = true;
    if (this.#session !== null) kill(this.#session);
  }

  async #ask(nowMs: number): Promise<void> {
    this.#isBusy = true;
    const { pid, answer, gone } = ask(this.#program, this.#path, this.#times.limitMs, () => (this.#isAbsent = true));
    this.#session = pid;
    const text = await answer;
    this.#values = text === null ? {} : parseGpus(text);
    const isGood = Object.keys(this.#values).length > 0;
    this.#pauseMs = isGood ? this.#times.pauseMs : Math.min(this.#times.longestPauseMs, 2 * this.#pauseMs);
    this.#nextMs = nowMs + this.#pauseMs;
    await gone;
    this.#session = null;
    this.#isBusy = false;
  }
}
