import { AsyncLocalStorage } from 'node:async_hooks';
import type { ArtenicError } from '../core/errors.ts';

/** A client that can break off ends within this after its signal; what goes on longer is left to itself. */
const breakOffMs = 2000;

const running = new AsyncLocalStorage<AbortSignal>();

/** For clients that can break off a request: aborted when the call that it belongs to has had its time. */
export function callSignal(): AbortSignal | undefined {
  return running.getStore();
}

/** `own`, or the end of the call that the request belongs to. */
export function endOf(own: AbortSignal): AbortSignal {
  const call = callSignal();
  return call === undefined ? own : AbortSignal.any([own, call]);
}

/** The time of one call. A call that moves something begins it anew with each step. */
export type Clock = {
  readonly signal: AbortSignal;
  readonly restart: () => void;
  /** The caller's turn, which costs the call no time, until `restart`. */
  readonly pause: () => void;
};

type Limit = {
  readonly limitMs: number;
  /** What a call throws that has had its time. */
  readonly late: (cause: unknown) => ArtenicError;
  /** Whose reason breaks the call off as well. */
  readonly until?: AbortSignal | undefined;
};

/**
 * The result of `work`, or `late` when its time is over. The work is told so by `callSignal`, and what it still gives in answer
 * counts: a launch that was made is made.
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

/** The promise's own end; soon after the signal, what `errorOf` makes of it. */
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
        // a client says in its own words that it was broken off
        if (signal.aborted) give(error);
        else reject(error);
      },
    );
  });
}
