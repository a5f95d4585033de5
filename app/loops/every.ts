import { setTimeout as sleep } from 'node:timers/promises';

export type Loop = {
  /** Begins no further round; resolves when the one under way has ended. */
  readonly close: () => Promise<void>;
};

/**
 * Does `work` now and again `intervalMs` after each end of it: rounds never run beside each other, and a slow one delays
 * the next instead of queueing it. A round that fails is told to `onError`, and the next one follows.
 */
export function everyMs(
  intervalMs: number,
  work: (signal: AbortSignal) => Promise<void>,
  { onError }: { readonly onError: (error: unknown) => void },
): Loop {
  const closing = new AbortController();
  const { signal } = closing;
  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await work(signal);
      } catch (error) {
        onError(error);
      }
      await pause(intervalMs, signal);
    }
  }
  const running = run();
  return {
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

async function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(pauseMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
