import { AsyncLocalStorage } from 'node:async_hooks';
import type { ArtenicError } from '../core/errors.ts';

/** Time for a client to end after its abort signal. Work that continues longer is abandoned. */
const breakOffMs = 2000;

const running = new AsyncLocalStorage<AbortSignal>();

/** Signal for clients that can abort a request: aborts when the time of the surrounding call is over. */
export function callSignal(): AbortSignal | undefined {
  return running.getStore();
}

/** Signal that aborts with `own`, or when the time of the surrounding call is over. */
export function endOf(own: AbortSignal): AbortSignal {
  const call = callSignal();
  return call === undefined ? own : AbortSignal.any([own, call]);
}

/** Timer of one call. A call that transfers data restarts it with each piece. */
export type Clock = {
  readonly signal: AbortSignal;
  readonly restart: () => void;
  /** Stops the timer until `restart`, because the caller's own time does not count. */
  readonly pause: () => void;
};

type Limit = {
  readonly limitMs: number;
  /** Creates the error of a call whose time is over. */
  readonly late: (cause: unknown) => ArtenicError;
  /** Another signal that aborts the call, with its own reason. */
  readonly until?: AbortSignal | undefined;
};

/**
 * Returns the result of `work`, or throws `late` after its time. `callSignal` then aborts inside the work, but a result
 * that still arrives counts, because a completed launch has created its instance.
 */
export async function withinTime<T>({ limitMs, late, until }: Limit, work: (clock: Clock) => Promise<T>): Promise<T> {
  until?.throwIfAborted();
  const overdue = new AbortController();
  const outer = [running.getStore(), until].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any([overdue.signal, ...outer]);
  let timer: NodeJS.Timeout | null = null;
  const pause = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const restart = (): void => {
    pause();
    timer = setTimeout(() => overdue.abort(), limitMs);
  };
  restart();
  try {
    return await orBrokenOff(
      running.run(signal, () => work({ signal, restart, pause })),
      signal,
      (cause) => {
        until?.throwIfAborted();
        return late(cause);
      },
    );
  } finally {
    pause();
  }
}

/** Settles like `work`; if `work` is still pending `breakOffMs` after the signal, rejects with `errorOf(reason)`. */
function orBrokenOff<T>(work: Promise<T>, signal: AbortSignal, errorOf: (cause: unknown) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const give = (cause: unknown): void => {
      try {
        reject(errorOf(cause));
      } catch (reason) {
        reject(reason);
      }
    };
    const onAbort = (): void => {
      timer = setTimeout(give, breakOffMs, signal.reason);
    };
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort);
    work.then(
      (result) => {
        end();
        resolve(result);
      },
      (error: unknown) => {
        end();
        // an aborted client throws its own kind of error
        if (signal.aborted) give(error);
        else reject(error);
      },
    );
  });
}
