import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-text.ts';
import { findFiles, plainName, readableName, stampFrom, type Found } from '../storage/found-files.ts';
import { reading, SourceError } from '../storage/source-error.ts';

/** A file or folder directly in the checkpoint folder. */
export type Entry = {
  readonly name: string;
  readonly directory: boolean;
  /** Stays the same as long as the file or folder exists; a new one under the same name gets another identity. */
  readonly identity: string;
  /** Changes with every change to the entry or to a file below it. */
  readonly fingerprint: string;
  /** Newest modification time of the entry and the files below it. Entries are uploaded in this order. */
  readonly writtenMs: number;
  /** Newest change time (ctime), which a program cannot set back. */
  readonly changedMs: number;
};

/** Fingerprinting a large folder takes at most this share of the time. */
const share = 1 / 20;
const leastBetweenMs = 1000;
const nanosecondsInMs = 1_000_000n;

/** Names that start with "." or end in ".tmp" are still being written. Renaming such a file marks it as whole. */
function isFinished(name: string): boolean {
  return !name.startsWith('.') && !name.endsWith('.tmp');
}

function identityOf({ ino, birthtimeNs }: BigIntStats): string {
  return `${ino}:${birthtimeNs}`;
}

type Seen = { readonly entry: Entry; readonly stamp: string; readonly nextAtMs: number };

/** Reads the checkpoint folder repeatedly; large folders less often than small ones. */
export class EntryReader {
  readonly #folder: string;
  readonly #onUnusable: (line: string) => void;
  readonly #seen = new Map<string, Seen>();
  readonly #told = new Set<string>();

  constructor(folder: string, onUnusable: (line: string) => void) {
    this.#folder = folder;
    this.#onUnusable = onUnusable;
  }

  /**
   * Links (`latest` and the like) are not checkpoints. `isThorough`: read every folder, even if it was read a moment
   * ago.
   */
  async read(isThorough: boolean): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    for (const bytes of await namesIn(this.#folder)) {
      const name = plainName(bytes);
      if (name === null) this.#tell(`checkpoint ${readableName(bytes)} is not kept: its name is not plain UTF-8`);
      else if (isFinished(name)) {
        const entry = await this.#entry(name, isThorough);
        if (entry !== null) entries.push(entry);
      }
    }
    return entries;
  }

  #tell(line: string): void {
    if (this.#told.has(line)) return;
    this.#told.add(line);
    this.#onUnusable(line);
  }

  /** Null for a link, and for an entry that has been removed meanwhile: trainings remove old checkpoints. */
  async #entry(name: string, isThorough: boolean): Promise<Entry | null> {
    const path = join(this.#folder, name);
    try {
      const stats = await lstat(path, { bigint: true });
      if (stats.isFile()) return entryOf(name, stats, await fingerprintOfFile(path));
      if (!stats.isDirectory()) return null;
      const seen = this.#seen.get(name);
      const isKnown = seen?.entry.identity === identityOf(stats) && seen.stamp === stampFrom(stats);
      if (isKnown && !isThorough && performance.now() < seen.nextAtMs) return seen.entry;
      const beganMs = performance.now();
      const entry = entryOf(name, stats, await fingerprintOfFolder(path));
      const endedMs = performance.now();
      const nextAtMs = endedMs + Math.max(leastBetweenMs, (endedMs - beganMs) / share);
      this.#seen.set(name, { entry, stamp: stampFrom(stats), nextAtMs });
      return entry;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }
}

/** The training may have removed the folder; then it has no entries. */
async function namesIn(folder: string): Promise<readonly Buffer[]> {
  try {
    return await readdir(folder, { encoding: 'buffer' });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

type Fingerprint = { readonly text: string; readonly writtenNs: bigint; readonly changedNs: bigint };

function entryOf(name: string, stats: BigIntStats, { text, writtenNs, changedNs }: Fingerprint): Entry {
  const identity = identityOf(stats);
  return {
    name,
    directory: stats.isDirectory(),
    identity,
    fingerprint: `${identity}|${text}`,
    writtenMs: Number(writtenNs / nanosecondsInMs),
    changedMs: Number(changedNs / nanosecondsInMs),
  };
}

async function fingerprintOfFile(path: string): Promise<Fingerprint> {
  const stats = await lstat(path, { bigint: true });
  return { text: stampFrom(stats), writtenNs: stats.mtimeNs, changedNs: stats.ctimeNs };
}

async function fingerprintOfFolder(folder: string): Promise<Fingerprint> {
  const own = await lstat(folder, { bigint: true });
  let { mtimeNs: writtenNs } = own;
  let changedNs = 0n;
  const hash = createHash('sha256');
  const { files } = await findFiles(folder);
  for (const { source } of files) {
    const stats = await lstat(source, { bigint: true });
    if (stats.mtimeNs > writtenNs) writtenNs = stats.mtimeNs;
    if (stats.ctimeNs > changedNs) changedNs = stats.ctimeNs;
    hash.update(source).update(`\0${stampFrom(stats)}\n`);
  }
  return { text: hash.digest('hex'), writtenNs, changedNs };
}

/** Files of an entry, as they are to be stored. Throws SourceError for a folder that cannot be restored exactly. */
export async function filesOf(folder: string, { name, directory }: Entry): Promise<Found> {
  const path = join(folder, name);
  if (!directory) return { files: [{ name, source: Buffer.from(path) }], unusable: [] };
  const found = await reading(() => findFiles(path));
  const root = Buffer.byteLength(path) + 1;
  const odd = found.files.find(({ name: file, source }) => plainName(source.subarray(root)) !== file);
  if (odd !== undefined) throw new SourceError(`the name of its file ${odd.name} is not plain UTF-8`);
  return found;
}

/** The entry's current fingerprint. */
export async function fingerprintNow(folder: string, { name, directory }: Entry): Promise<string> {
  const path = join(folder, name);
  return reading(async () => {
    const stats = await lstat(path, { bigint: true });
    return entryOf(name, stats, await (directory ? fingerprintOfFolder(path) : fingerprintOfFile(path))).fingerprint;
  });
}
