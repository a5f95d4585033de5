import { assertNever } from '../core/assert-never.ts';
import type { ProfileFailure } from '@artenic/core';
import type { ProfileAnswer, TableSource } from './messages.ts';
import { ReaderEnded, startReader, type Reader } from './process.ts';

export type ProfileLimits = {
  /** DuckDB's own limit; below `rssBytes`, which also has the program. */
  readonly memoryMb: number;
  readonly rssBytes: number;
  readonly timeoutMs: number;
};

export const profileLimits: ProfileLimits = { memoryMb: 256, rssBytes: 512 * 1024 ** 2, timeoutMs: 120_000 };

/** Tries of a file whose reader ended by itself. */
const mostTries = 2;

function failureOf({ end }: ReaderEnded, { rssBytes, timeoutMs }: ProfileLimits): ProfileFailure | null {
  const nowhere = { row: null, column: null };
  switch (end) {
    case 'memory':
      return {
        ...{ reason: 'too-large', ...nowhere },
        message: `The file needs more than ${Math.round(rssBytes / 1024 ** 2)} MiB of memory.`,
      };
    case 'time':
      return { reason: 'too-slow', message: `The file was not read within ${timeoutMs / 1000} s.`, ...nowhere };
    case 'crash':
      return { reason: 'crashed', message: 'The reader ended while it read the file.', ...nowhere };
    case 'closed':
      return null;
    default:
      return assertNever(end);
  }
}

/**
 * Profiles one file in a child process of its own, which sees this file only. A reader that takes too much memory or
 * time, or that ends, is a failure of the file.
 * @param folder the child writes below it
 * @param signal ends the child
 */
export async function profileFile(
  source: TableSource,
  folder: string,
  { limits = profileLimits, signal }: { readonly limits?: ProfileLimits; readonly signal?: AbortSignal } = {},
): Promise<ProfileAnswer> {
  let tries = 1;
  for (;;) {
    const answer = await oneTry(source, folder, { limits, ...(signal === undefined ? {} : { signal }) });
    // something else may have ended the reader
    const mayBeRepeated = answer.kind === 'failed' && answer.failure.reason === 'crashed' && tries++ < mostTries;
    if (!mayBeRepeated) return answer;
  }
}

type Options = { readonly limits: ProfileLimits; readonly signal?: AbortSignal };

async function oneTry(source: TableSource, folder: string, { limits, signal }: Options): Promise<ProfileAnswer> {
  signal?.throwIfAborted();
  let reader: Reader | null = null;
  const stop = (): void => void reader?.kill();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    reader = await startReader(limits);
    signal?.throwIfAborted();
    return await reader.ask('profile', { source, folder, memoryMb: limits.memoryMb }, limits.timeoutMs);
  } catch (error) {
    signal?.throwIfAborted();
    const failure = error instanceof ReaderEnded ? failureOf(error, limits) : null;
    if (failure === null) throw error;
    return { kind: 'failed', failure };
  } finally {
    signal?.removeEventListener('abort', stop);
    await reader?.kill();
  }
}
