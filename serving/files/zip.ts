import { callbackify } from 'node:util';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import type { ByteSource } from './byte-source.ts';
import { rejected } from './rejected.ts';

export type ZipEntry = {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Offset of its bytes in the archive. */
  readonly start: number;
};

const maxEntries = 100_000;
const blockBytes = 1024 ** 2;
const encrypted = 1;

const damaged = () => rejected('It is a zip archive that is damaged or of an unknown kind.');

/** Combines the many small reads of a directory into one large read. */
class BlockReader extends RandomAccessReader {
  readonly #source: ByteSource;
  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override read(target: Buffer, offset: number, length: number, at: number, done: (error: Error | null) => void): void {
    callbackify(() => this.#fill(target.subarray(offset, offset + length), at))(done);
  }

  override close(done: (error: Error | null) => void): void {
    done(null);
  }

  async #fill(target: Buffer, at: number): Promise<void> {
    const isIn = at >= this.#blockAt && at + target.length <= this.#blockAt + this.#block.length;
    if (!isIn) {
      this.#block = await this.#source.read(at, Math.max(blockBytes, target.length));
      this.#blockAt = at;
    }
    const from = at - this.#blockAt;
    if (this.#block.copy(target, 0, from, from + target.length) < target.length) throw damaged();
  }
}

async function readEntry(zip: ZipFile, entry: Entry, size: number): Promise<ZipEntry> {
  if ((entry.generalPurposeBitFlag & encrypted) !== 0) throw rejected(`Its entry ${entry.fileName} is encrypted.`);
  const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const { fileName: name, compressionMethod: method, compressedSize: packedBytes } = entry;
  if (start + packedBytes > size) throw damaged();
  return { name, method, packedBytes, unpackedBytes: entry.uncompressedSize, start };
}

/** Reads the directory first, then the headers in file order, each in large blocks. */
async function* entriesOf(source: ByteSource): AsyncGenerator<ZipEntry> {
  const zip = await fromRandomAccessReaderPromise(new BlockReader(source), source.size, { strictFileNames: true });
  if (zip.entryCount > maxEntries) throw rejected(`It has ${zip.entryCount} entries.`);
  const listed: Entry[] = [];
  for await (const entry of zip.eachEntry()) listed.push(entry);
  for (const entry of listed.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader))
    yield readEntry(zip, entry, source.size);
}

/** yauzl's messages for names that lead out of the folder. */
const escape = /^(?:invalid relative path|absolute path|invalid characters in fileName)/;

/**
 * The entries that the central directory names, ZIP64 included. Overlapping entries, as used by the densest bombs, are
 * refused. @throws ArtenicError `model-rejected`
 */
export async function readZipEntries(source: ByteSource): Promise<readonly ZipEntry[]> {
  const entries: ZipEntry[] = [];
  try {
    for await (const entry of entriesOf(source)) entries.push(entry);
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'ArtenicError') throw error;
    if (escape.test(error.message))
      throw rejected(`One of its entries would be unpacked elsewhere: ${error.message.slice(0, 200)}.`);
    throw damaged();
  }
  for (const [index, entry] of entries.entries()) {
    const next = entries[index + 1];
    if (next !== undefined && entry.start + entry.packedBytes > next.start)
      throw rejected('It is a bomb: its entries lie over one another.');
  }
  return entries;
}
