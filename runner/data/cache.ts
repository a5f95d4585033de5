import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  utimesSync,
  chmodSync,
  type Stats,
} from 'node:fs';
import { uptime } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate as others } from 'node:timers/promises';
import { errorCode } from '../error-text.ts';
import { hashFile } from '../storage/object-store.ts';

/** A content that an attempt needs; `bytes` is unknown for files that a job names by their hash alone. */
export type Wanted = { readonly sha256: string; readonly bytes?: number };
/** Puts a content that has this hash into the file. */
type Fetch = (file: string) => Promise<void>;

/** Every entry has this time of change, so a command that has written to its link betrays it. */
const untouched = new Date('2000-01-01T00:00:00Z');
/** No transfer is silent for an hour: an older unfinished file belongs to a runner that was killed. */
const leftoverAgeMs = 3_600_000;
/** Calls of the file system between two turns for heartbeats. */
const callsPerTurn = 500;
/** Errors that say that a link cannot be made, but a copy can. */
const unlinkable: ReadonlySet<string | undefined> = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP']);

function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function isDiskFull(error: unknown): boolean {
  return errorCode(error) === 'ENOSPC' || (error instanceof Error && isDiskFull(error.cause));
}

/**
 * Contents of data files by hash, shared by all attempts on this machine. Calls are synchronous: a hundred thousand of
 * them take a third of the time. An entry appears whole and checked, by a rename; several runners may add and remove the
 * same one.
 */
export class ContentCache {
  readonly #folder: string;
  readonly #unfinished: string;
  readonly #mostBytes: number;
  readonly #bootMs = Date.now() - uptime() * 1000;

  constructor(folder: string, mostBytes: number) {
    this.#folder = folder;
    this.#unfinished = join(folder, '.unfinished');
    this.#mostBytes = mostBytes;
    mkdirSync(this.#unfinished, { recursive: true, mode: 0o700 });
  }

  #entry(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }

  /** Gives the content the path; false when it is not in the cache. The folder of the path exists. */
  async take({ sha256, bytes }: Wanted, path: string): Promise<boolean> {
    const entry = this.#entry(sha256);
    const found = statOf(entry);
    if (found === null) return false;
    const isWhole =
      found.isFile() && found.mtimeMs === untouched.getTime() && (bytes === undefined || found.size === bytes);
    // A crash of the machine may have lost bytes of an entry that was last used before it.
    const isSure = isWhole && (found.ctimeMs > this.#bootMs || (await hashFile(entry)).sha256 === sha256);
    if (!isSure) {
      rmSync(entry, { force: true });
      return false;
    }
    try {
      place(entry, path);
      return true;
    } catch (error) {
      // Another runner has just made room.
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Fetches the content into the path and adds it. On a full disk, contents that nobody uses make room. */
  async add({ sha256 }: Wanted, path: string, fetch: Fetch): Promise<void> {
    const file = join(this.#unfinished, randomUUID());
    try {
      try {
        await fetch(file);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        rmSync(file, { force: true });
        await this.trim(0);
        await fetch(file);
      }
      chmodSync(file, 0o400);
      utimesSync(file, new Date(), untouched);
      place(file, path);
      const entry = this.#entry(sha256);
      mkdirSync(dirname(entry), { recursive: true });
      renameSync(file, entry);
    } finally {
      rmSync(file, { force: true });
    }
  }

  /**
   * Removes contents that no attempt uses until the rest has at most so many bytes; those used last stay. A link or its
   * removal changes an entry's ctime, which is therefore the time of its last use.
   */
  async trim(mostBytes = this.#mostBytes): Promise<void> {
    const unused: { readonly entry: string; readonly bytes: number; readonly usedAtMs: number }[] = [];
    let total = 0;
    let calls = 0;
    for (const group of readdirSync(this.#folder)) {
      if (group.length !== 2) continue;
      for (const name of readdirSync(join(this.#folder, group))) {
        if (++calls % callsPerTurn === 0) await others();
        const entry = join(this.#folder, group, name);
        const stat = statOf(entry);
        if (stat === null) continue;
        total += stat.size;
        if (stat.nlink === 1) unused.push({ entry, bytes: stat.size, usedAtMs: stat.ctimeMs });
      }
    }
    for (const { entry, bytes } of unused.toSorted((one, other) => one.usedAtMs - other.usedAtMs)) {
      if (total <= mostBytes) return;
      rmSync(entry, { force: true });
      total -= bytes;
      if (++calls % callsPerTurn === 0) await others();
    }
  }

  /** Removes what killed runners left half fetched. */
  sweep(ageMs = leftoverAgeMs): void {
    for (const name of readdirSync(this.#unfinished)) {
      const file = join(this.#unfinished, name);
      const stat = statOf(file);
      // Each write changes the ctime.
      if (stat !== null && stat.ctimeMs < Date.now() - ageMs) rmSync(file, { force: true });
    }
  }

  /** Bytes of all contents. */
  totalBytes(): number {
    let total = 0;
    for (const group of readdirSync(this.#folder))
      if (group.length === 2)
        for (const name of readdirSync(join(this.#folder, group)))
          total += statOf(join(this.#folder, group, name))?.size ?? 0;
    return total;
  }

  /** Free bytes of the disk. */
  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }
}

/** A link where the file system can make one, else a copy. The use of an entry is noted in its ctime. */
function place(entry: string, path: string): void {
  try {
    linkSync(entry, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      rmSync(path);
      place(entry, path);
      return;
    }
    if (!unlinkable.has(errorCode(error))) throw error;
    copyFileSync(entry, path, constants.COPYFILE_FICLONE);
    chmodSync(path, 0o400);
    utimesSync(entry, new Date(), untouched);
  }
}
