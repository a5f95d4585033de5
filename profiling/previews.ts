import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtenicError } from '../core/errors.ts';
import type { PageAnswer, PageQuery } from './messages.ts';
import { ReaderEnded, startReader, type Reader, type ReaderLimits } from './process.ts';

/** A Parquet file of which pages are shown. */
export type PreviewFile = { readonly id: string; readonly key: string };

export type PreviewOptions = {
  /** Path of the file on this machine. It is called for each page, so that a file in use is seen to be in use. */
  readonly fetchFile: (file: PreviewFile) => Promise<string>;
  /** Readers write below it. */
  readonly folder: string;
  /** Called from time to time while readers may have become idle. */
  readonly onSweep?: () => Promise<void>;
  readonly mostReaders?: number;
  readonly idleMs?: number;
  readonly timeoutMs?: number;
  readonly memoryMb?: number;
  readonly limits?: ReaderLimits;
};

export type Previews = {
  /**
   * @throws ArtenicError `validation-failed` for a wrong query, `not-ready` when all readers are busy,
   * `deadline-exceeded` and `payload-too-large` when a page takes too much time or memory
   */
  readonly page: (file: PreviewFile, query: PageQuery) => Promise<PageAnswer>;
  readonly close: () => Promise<void>;
};

const defaults = { mostReaders: 4, idleMs: 60_000, timeoutMs: 10_000, memoryMb: 192 } as const;
const defaultLimits: ReaderLimits = { rssBytes: 448 * 1024 ** 2 };
/** Pages that wait for one reader. */
const mostWaiting = 8;
const busyMs = 1000;

const busy = (): ArtenicError =>
  new ArtenicError('not-ready', 'All previews are busy: ask again in a moment.', { retryAfterMs: busyMs });

class WarmFile {
  readonly folder: string;
  readonly reader: Promise<Reader>;
  usedAtMs = Date.now();
  waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, start: (folder: string) => Promise<Reader>) {
    this.folder = folder;
    this.reader = start(folder);
    // pages that wait for it hear of the failure
    this.reader.catch(() => undefined);
  }

  /** One page after another: DuckDB then has all of the reader's memory for each. */
  take<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    this.waiting++;
    const result = this.#last.then(async () => work(await this.reader));
    this.#last = result
      .catch(() => undefined)
      .finally(() => {
        this.waiting--;
        this.usedAtMs = Date.now();
      });
    return result;
  }

  async end(): Promise<void> {
    const reader = await this.reader.catch(() => null);
    await reader?.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function translated(error: unknown): unknown {
  if (!(error instanceof ReaderEnded)) return error;
  switch (error.end) {
    case 'time':
      return new ArtenicError('deadline-exceeded', 'The page took too long: filter or sort fewer rows.', {
        cause: error,
      });
    case 'memory':
      return new ArtenicError('payload-too-large', 'The page needs too much memory: ask for fewer rows.', {
        cause: error,
      });
    case 'crash':
    case 'closed':
      return new ArtenicError('not-ready', 'The reader of this file has ended: ask again.', {
        retryAfterMs: busyMs,
        cause: error,
      });
  }
}

/**
 * A bounded number of warm child processes, each with one open file. The file that was asked for longest ago leaves
 * when another one is wanted, and each after a time without a request.
 */
export function createPreviews(options: PreviewOptions): Previews {
  const { fetchFile, folder, onSweep = () => Promise.resolve() } = options;
  const { mostReaders, idleMs, timeoutMs, memoryMb, limits = defaultLimits } = { ...defaults, ...options };
  const warm = new Map<string, WarmFile>();
  let isClosed = false;

  async function start(file: PreviewFile, own: string): Promise<Reader> {
    const path = await fetchFile(file);
    const reader = await startReader(limits);
    void reader.ended.then(() => drop(file.id, own));
    try {
      await reader.ask('open', { path, folder: own, memoryMb }, timeoutMs);
      return reader;
    } catch (error) {
      await reader.kill();
      throw error;
    }
  }

  /** Forgets the file, if it still has this reader. */
  function drop(id: string, own: string): void {
    if (warm.get(id)?.folder === own) warm.delete(id);
  }

  async function end(id: string, file: WarmFile): Promise<void> {
    drop(id, file.folder);
    await file.end();
  }

  function warmFile(file: PreviewFile): WarmFile {
    const known = warm.get(file.id);
    if (known !== undefined) return known;
    if (warm.size >= mostReaders) {
      const idle = [...warm].filter(([, one]) => one.waiting === 0);
      const [oldest] = idle.toSorted(([, one], [, other]) => one.usedAtMs - other.usedAtMs);
      if (oldest === undefined) throw busy();
      void end(...oldest);
    }
    const own = join(folder, randomBytes(8).toString('hex'));
    const made = new WarmFile(own, (place) => start(file, place));
    warm.set(file.id, made);
    made.reader.catch(() => void end(file.id, made));
    return made;
  }

  const sweeper = setInterval(
    () => {
      for (const [id, file] of warm) if (file.waiting === 0 && Date.now() - file.usedAtMs > idleMs) void end(id, file);
      void onSweep();
    },
    Math.max(50, idleMs / 4),
  ).unref();

  return {
    page: async (file, query) => {
      if (isClosed) throw busy();
      const one = warmFile(file);
      if (one.waiting >= mostWaiting) throw busy();
      try {
        return await one.take(async (reader) => {
          await fetchFile(file);
          return reader.ask('page', query, timeoutMs);
        });
      } catch (error) {
        throw translated(error);
      }
    },
    close: async () => {
      isClosed = true;
      clearInterval(sweeper);
      await Promise.all([...warm].map(([id, file]) => end(id, file)));
    },
  };
}
