import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-text.ts';
import { findFiles, plainName, readableName, stampFrom, type Found } from '../store/found-files.ts';
import { reading, SourceError } from '../store/source-error.ts';

/** What lies in the checkpoint folder under one name. */
export type Entry = {
  readonly name: string;
  readonly directory: boolean;
  /** The same while it is the same file or folder; another one that takes its name has another. */
  readonly identity: string;
  /** Changes with every change below it, its own time included. */
  readonly fingerprint: string;
  /** Newest time of a write, below it too: what is taken first. */
  readonly writtenMs: number;
  /** Newest change, which no program can put back. */
  readonly changedMs: number;
};

/** Of a folder with thousands of files, a look takes this share of the time at most. */
const share = 1 / 20;
const leastBetweenMs = 1000;
const nanosecondsInMs = 1_000_000n;

/** What is written under another name first and renamed here is whole; anything else is still being written. */
function isFinished(name: string): boolean {
  return !name.startsWith('.') && !name.endsWith('.tmp');
}

function identityOf({ ino, birthtimeNs }: BigIntStats): string {
  return `${ino}:${birthtimeNs}`;
}

type Seen = { readonly entry: Entry; readonly stamp: string; readonly nextAtMs: number };

/** Looks at the checkpoint folder again and again; deep folders less often than flat ones. */
export class EntryReader {
  readonly #folder: string;
  readonly #onUnusable: (line: string) => void;
  readonly #seen = new Map<string, Seen>();
  readonly #told = new Set<string>();

  constructor(folder: string, onUnusable: (line: string) => void) {
    this.#folder = folder;
    this.#onUnusable = onUnusable;
  }

  /** Links (`latest` and the like) are no checkpoints of their own. `isThorough`: every folder is read, however large. */
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

  /** Null for a link, and for what has gone meanwhile: the training removes old ones. */
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

/** A folder that the training has removed holds nothing. */
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

/** The files of an entry, as they are to be stored. Throws SourceError for a folder that cannot be restored as it is. */
export async function filesOf(folder: string, { name, directory }: Entry): Promise<Found> {
  const path = join(folder, name);
  if (!directory) return { files: [{ name, source: Buffer.from(path) }], unusable: [] };
  const found = await reading(() => findFiles(path));
  const root = Buffer.byteLength(path) + 1;
  const odd = found.files.find(({ name: file, source }) => plainName(source.subarray(root)) !== file);
  if (odd !== undefined) throw new SourceError(`the name of its file ${odd.name} is not plain UTF-8`);
  return found;
}

/** The fingerprint that an entry has now. */
export async function fingerprintNow(folder: string, { name, directory }: Entry): Promise<string> {
  const path = join(folder, name);
  return reading(async () => {
    const stats = await lstat(path, { bigint: true });
    return entryOf(name, stats, await (directory ? fingerprintOfFolder(path) : fingerprintOfFile(path))).fingerprint;
  });
}
