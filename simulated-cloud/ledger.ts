import { closeSync, fsync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { entrySchema, type LedgerEntry } from './rules/entries.ts';

/** Time that entries wait for more entries, to share one fsync. */
const batchMs = 5;

/** The record of everything that happens: JSON lines in a file that only grows. */
export class Ledger {
  readonly #fd: number;
  #waiting: { readonly done: () => void; readonly failed: (error: Error) => void }[] = [];
  #timer: NodeJS.Timeout | null = null;
  readonly #syncing = new Set<Promise<void>>();

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Opens the file and returns its entries. An incomplete last line is removed: it was cut off by a crash, and no
   * client has received an answer that depends on it.
   */
  static open(path: string): { readonly ledger: Ledger; readonly entries: readonly LedgerEntry[] } {
    const fd = openSync(path, 'a+', 0o600);
    const text = readFileSync(path);
    const wholeBytes = text.lastIndexOf(0x0a) + 1;
    if (wholeBytes < text.length) ftruncateSync(fd, wholeBytes);
    const lines = text.subarray(0, wholeBytes).toString('utf8').split('\n').slice(0, -1);
    const entries = lines.map((line, index) => readLine(line, index + 1));
    return { ledger: new Ledger(fd), entries };
  }

  /**
   * Written to the operating system at once (survives a crash of this process); on the disk when the promise resolves.
   */
  append(entries: readonly LedgerEntry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    writeSync(this.#fd, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed });
      this.#timer ??= setTimeout(() => this.#sync(), batchMs);
    });
  }

  #sync(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#timer = null;
    const synced = new Promise<void>((over) => {
      fsync(this.#fd, (error) => {
        for (const { done, failed } of batch) {
          if (error === null) done();
          else failed(error);
        }
        over();
      });
    });
    this.#syncing.add(synced);
    void synced.then(() => this.#syncing.delete(synced));
  }

  /** Resolves when no fsync uses the file descriptor any more: its number may be reused at once for another file. */
  async close(): Promise<void> {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#sync();
    }
    await Promise.all(this.#syncing);
    closeSync(this.#fd);
  }
}

function readLine(line: string, seq: number): LedgerEntry {
  const entry = entrySchema.parse(JSON.parse(line));
  if (entry.seq !== seq)
    throw new Error(`line ${seq} of the ledger has the number ${entry.seq}: somebody has changed it`);
  return entry;
}
