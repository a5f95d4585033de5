import { execFile, fork, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ArtenicError } from '../../core/errors.ts';
import type { HostCalls, HostReply } from './messages.ts';

const entry = fileURLToPath(new URL('../host.ts', import.meta.url));
const startTimeoutMs = 30_000;
const stderrTailBytes = 2000;
const execute = promisify(execFile);

/** The process ended before it answered. */
export class HostDied extends Error {
  override readonly name = 'HostDied';
  readonly signal: NodeJS.Signals | null;

  constructor(exitCode: number | null, signal: NodeJS.Signals | null, stderrTail: string) {
    const how = signal === null ? `exit code ${exitCode}` : signal;
    const last = stderrTail.trim().split('\n').at(-1) ?? '';
    super(`the process with the model died (${how}${last === '' ? '' : `: ${last}`})`);
    this.signal = signal;
  }
}

/** One child process with at most one model. */
export type Host = {
  readonly pid: number;
  /** @throws HostDied, or the ArtenicError that the host answered with */
  readonly ask: <Call extends keyof HostCalls>(
    call: Call,
    argument: HostCalls[Call]['argument'],
  ) => Promise<HostCalls[Call]['answer']>;
  /** Sends SIGKILL: no other signal stops a running model. Resolves when the process has ended. */
  readonly kill: () => Promise<void>;
  readonly died: Promise<HostDied>;
};

type Waiter = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void };

/** @param memoryBytes memory that the model may use beyond the empty host; enforced where `prlimit` is available */
export async function startHost(options: { readonly memoryBytes: number }): Promise<Host> {
  const child = fork(entry, [String(process.pid)], {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    cwd: '/',
    // Pass nothing of the platform's own environment: models are untrusted.
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const { ask, died, started } = converse(child);
  const kill = async () => {
    child.kill('SIGKILL');
    await died;
  };
  try {
    await withDeadline(started, startTimeoutMs, () => new ArtenicError('unavailable', 'The model host did not start.'));
    const { pid } = child;
    if (pid === undefined) throw new ArtenicError('unavailable', 'The model host did not start.');
    await limitMemory(pid, options.memoryBytes);
    return { pid, ask, kill, died };
  } catch (error) {
    const diedAlone = child.exitCode !== null || child.signalCode !== null;
    await kill();
    throw diedAlone ? await died : error;
  }
}

function converse(child: ChildProcess): Pick<Host, 'ask' | 'died'> & { readonly started: Promise<unknown> } {
  const waiting = new Map<number, Waiter>();
  const wait = (id: number) => new Promise<never>((resolve, reject) => waiting.set(id, { resolve, reject }));
  let lastId = 0;
  let stderrTail = '';
  let end: HostDied | null = null;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderrTail = (stderrTail + text).slice(-stderrTailBytes);
  });
  child.on('message', (reply: HostReply) => {
    const waiter = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.failure === null) return waiter?.resolve(reply.answer as never);
    const { type, message, errors } = reply.failure;
    return waiter?.reject(new ArtenicError(type, message, errors === null ? {} : { errors }));
  });
  const started = wait(0);
  const died = new Promise<HostDied>((resolve) => {
    const finish = (exitCode: number | null, signal: NodeJS.Signals | null) => {
      end ??= new HostDied(exitCode, signal, stderrTail);
      for (const { reject } of waiting.values()) reject(end);
      waiting.clear();
      resolve(end);
    };
    child.once('close', finish);
    // The program could not be started at all. After a failed send, `close` follows.
    child.on('error', (error) => {
      stderrTail ||= error.message;
      if (child.pid === undefined) finish(null, null);
    });
  });
  return {
    started,
    died,
    ask: (call, argument) => {
      if (end !== null) return Promise.reject(end);
      const id = ++lastId;
      const answer = wait(id);
      child.send({ id, call, argument }, () => {
        // If the send fails, `close` follows and rejects the answer.
      });
      return answer;
    },
  };
}

/**
 * Set after the start, so that memory reserved by Node does not count. Core dumps are off: they do not help to debug a
 * model.
 */
async function limitMemory(pid: number, memoryBytes: number): Promise<void> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const reservedKib = Number(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1]);
    const limit = reservedKib * 1024 + memoryBytes;
    await execute('prlimit', ['--pid', String(pid), `--as=${limit}`, '--core=0']);
  } catch (error) {
    // No /proc or no util-linux: macOS and small images.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Rejects with `late()` after the time; the later result of `promise` is ignored. */
export async function withDeadline<T>(promise: Promise<T>, timeoutMs: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
