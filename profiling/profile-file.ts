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
  signal?.throwIfAborted();
  const reader = await startReader(limits);
  const stop = (): void => void reader.kill();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await askFor(reader, source, folder, limits);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await reader.kill();
  }
}

async function askFor(
  reader: Reader,
  source: TableSource,
  folder: string,
  limits: ProfileLimits,
): Promise<ProfileAnswer> {
  try {
    return await reader.ask('profile', { source, folder, memoryMb: limits.memoryMb }, limits.timeoutMs);
  } catch (error) {
    const failure = error instanceof ReaderEnded ? failureOf(error, limits) : null;
    if (failure === null) throw error;
    return { kind: 'failed', failure };
  }
}
