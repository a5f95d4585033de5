import { setTimeout as sleep } from 'node:timers/promises';

export type Loop = {
  /** Starts no further round; resolves when the current one has ended. */
  readonly close: () => Promise<void>;
};

/**
 * Runs `work` now and again `intervalMs` after each end of it. Rounds never overlap, and a slow round delays the next
 * one instead of queueing it. A failed round is reported to `onError`, and the next one follows.
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
