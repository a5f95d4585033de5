import { fork, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ArtenicError } from '../core/errors.ts';
import type { ReaderCalls, ReaderReply } from './messages.ts';

const entry = fileURLToPath(new URL('reader.ts', import.meta.url));
const startTimeoutMs = 30_000;
const stderrTailBytes = 2000;
const lookEveryMs = 50;
const pageBytes = 4096;
/** Heap of JavaScript: a reader's data is in DuckDB's memory. */
const heapMb = 128;

export type ReaderEnd = 'memory' | 'time' | 'crash' | 'closed';

/** The reader ended before it answered. */
export class ReaderEnded extends Error {
  override readonly name = 'ReaderEnded';
  readonly end: ReaderEnd;

  constructor(end: ReaderEnd, detail: string) {
    super(detail);
    this.end = end;
  }
}

/** A child process that reads one file; it answers one call after another. */
export type Reader = {
  readonly pid: number;
  /** @throws ReaderEnded, or the ArtenicError with which the reader has answered */
  readonly ask: <Call extends keyof ReaderCalls>(
    call: Call,
    argument: ReaderCalls[Call]['argument'],
    timeoutMs: number,
  ) => Promise<ReaderCalls[Call]['answer']>;
  /** Resolves when the process has ended. */
  readonly kill: () => Promise<void>;
  readonly ended: Promise<ReaderEnded>;
  /** Resident memory at the last look; 0 where the system does not show it. */
  readonly rssBytes: () => number;
};

export type ReaderLimits = { readonly rssBytes: number };

type Waiter = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void };

async function residentBytes(pid: number): Promise<number | null> {
  try {
    const [, resident = ''] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ');
    return Number(resident) * pageBytes;
  } catch {
    // No /proc, or the process has just ended.
    return null;
  }
}

class ReaderProcess {
  readonly #child: ChildProcess;
  readonly #limits: ReaderLimits;
  readonly #waiting = new Map<number, Waiter>();
  readonly #ended = Promise.withResolvers<ReaderEnded>();
  #end: ReaderEnded | null = null;
  #reason: ReaderEnd = 'crash';
  #stderrTail = '';
  #lastId = 0;
  #rssBytes = 0;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
    this.#child = fork(entry, [], {
      serialization: 'advanced',
      execArgv: ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${heapMb}`],
      cwd: '/',
      // The files are untrusted: nothing of the platform's own environment is passed on.
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-stderrTailBytes);
    });
    this.#child.on('message', (reply: ReaderReply) => this.#take(reply));
    this.#child.once('close', (code, signal) => this.#finish(signal ?? `exit code ${code}`));
    this.#child.on('error', (error) => {
      this.#stderrTail ||= error.message;
      if (this.#child.pid === undefined) this.#finish('it could not be started');
    });
    void this.#watch();
  }

  get ended(): Promise<ReaderEnded> {
    return this.#ended.promise;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get rssBytes(): number {
    return this.#rssBytes;
  }

  #take(reply: ReaderReply): void {
    const waiter = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.failure === null) waiter?.resolve(reply.answer as never);
    else waiter?.reject(new ArtenicError(reply.failure.type, reply.failure.message));
  }

  #finish(how: string): void {
    const last = this.#stderrTail.trim().split('\n').at(-1) ?? '';
    this.#end ??= new ReaderEnded(this.#reason, `the reader ended (${how}${last === '' ? '' : `: ${last}`})`);
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
    this.#ended.resolve(this.#end);
  }

  /** Ends the process when it takes too much memory. DuckDB keeps to its own limit, but for some of its buffers. */
  async #watch(): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      void residentBytes(this.pid).then((bytes) => {
        if (bytes === null) return;
        this.#rssBytes = bytes;
        if (bytes > this.#limits.rssBytes) void this.kill('memory');
      });
    }, lookEveryMs);
    void this.ended.then(() => resolve());
    await over;
    clearInterval(timer);
  }

  wait(id: number): Promise<never> {
    return new Promise<never>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async kill(reason: ReaderEnd): Promise<void> {
    if (this.#end === null && this.#reason === 'crash') this.#reason = reason;
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Ends the process when the answer takes too long. */
  async within<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
    const timer = setTimeout(() => void this.kill('time'), timeoutMs);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  ask<Call extends keyof ReaderCalls>(
    call: Call,
    argument: ReaderCalls[Call]['argument'],
    timeoutMs: number,
  ): Promise<ReaderCalls[Call]['answer']> {
    if (this.#end !== null) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    const answer = this.wait(id);
    this.#child.send({ id, call, argument }, () => {
      // If the send fails, `close` follows and rejects the answer.
    });
    return this.within(answer, timeoutMs);
  }
}

export async function startReader(limits: ReaderLimits): Promise<Reader> {
  const reader = new ReaderProcess(limits);
  await reader.within(reader.wait(0), startTimeoutMs);
  return {
    pid: reader.pid,
    ask: (call, argument, timeoutMs) => reader.ask(call, argument, timeoutMs),
    kill: () => reader.kill('closed'),
    ended: reader.ended,
    rssBytes: () => reader.rssBytes,
  };
}
