import { open } from 'node:fs/promises';
import { readWhole, sourceOfBytes, sourceOfFile, type ByteSource } from './byte-source.ts';
import { refuseCodeInConfig, refuseLambdaInHdf5 } from './keras-config.ts';
import { judgePickle, type PickleReport } from './pickle-verdict.ts';
import { mayBePickle, type PickleScanner } from './pickle.ts';
import { rejected } from './rejected.ts';
import { readTar, refuseBomb, unpackEntry, unpackStream } from './unpack.ts';
import { readZipEntries } from './zip.ts';

/** Declared formats that may contain pickles; a pickle in any other format contradicts the declaration. */
const pickleFormats: ReadonlySet<string> = new Set(['pickle', 'pytorch', 'other']);
const pickleName = /\.(?:pkl|pickle|joblib|dill)$/i;
/** Limit for archives within archives. */
const maxDepth = 4;
const headBytes = 512;
const zipEnd = Buffer.from('PK\x05\x06', 'latin1');
const longestZipEnd = 22 + 0xffff;
const hdf5 = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
const numpy = Buffer.from('\x93NUMPY', 'latin1');

/** Compressions that are not unpacked here, by their first bytes. */
const otherPackings: readonly (readonly [name: string, head: string])[] = [
  ['bzip2', 'BZh'],
  ['xz', '\xfd7zXZ\0'],
  ['lzma', '\x5d\0\0'],
  ['LZ4', '\x04\x22\x4d\x18'],
  ['Zstandard', '\x28\xb5\x2f\xfd'],
  ['7-Zip', '7z\xbc\xaf\x27\x1c'],
  ['RAR', 'Rar!\x1a\x07'],
];

type Scan = Omit<ForeignFile, 'filePath'> & { readonly scanner: PickleScanner };

export type ForeignFile = {
  readonly filePath: string;
  readonly format: string;
  /** Python modules from which pickles may import anything that is not known to be dangerous. */
  readonly allowedModules: readonly string[];
};

/**
 * Scans a file of a format that another server runs. The file is never opened by the library it is made for.
 * @throws ArtenicError `model-rejected` that names the unsafe content
 */
export async function scanForeign({ filePath, ...scan }: ForeignFile, scanner: PickleScanner): Promise<void> {
  const file = await open(filePath);
  try {
    const { size } = await file.stat();
    if (size === 0) throw rejected('The file is empty.');
    await scanSource({ ...scan, scanner }, sourceOfFile(file, filePath, 0, size), { name: '', depth: 0 });
  } finally {
    await file.close();
  }
}

/** `name`: path within an archive; empty for the file itself. */
type Place = { readonly name: string; readonly depth: number };

async function scanSource(scan: Scan, source: ByteSource, place: Place): Promise<void> {
  if (place.depth > maxDepth) throw rejected(`It holds archives within archives, more than ${maxDepth} deep.`);
  const head = await source.read(0, headBytes);
  const text = head.toString('latin1');
  const packing = otherPackings.find(([, start]) => text.startsWith(start));
  if (packing !== undefined) throw rejected(`${called(place)} is packed by ${packing[0]}, which is not searched.`);
  // A file may be valid in several formats at once, and the loading library decides which one it uses.
  if (await isHdf5(source)) await refuseLambdaInHdf5(source);
  const isZip = text.startsWith('PK\x03\x04');
  if (isZip || (await hasZipEnd(source))) await scanZip(scan, source, place);
  if (isZip) return;
  const isPacked = await scanPacked(scan, source, head, place);
  if (isPacked) return;
  if (head.toString('latin1', 257, 262) === 'ustar') await scanTar(scan, source, place);
  if (head.subarray(0, numpy.length).equals(numpy)) return scanNumpy(source);
  if (/(?:^|\/)config\.json$/i.test(place.name))
    refuseCodeInConfig((await readWhole(source, called(place))).toString('utf8'), scan.format === 'keras');
  await scanPickle(scan, source, head, place);
}

function called({ name }: Place): string {
  return name === '' ? 'It' : `Its entry ${name.slice(0, 200)}`;
}

/** Python finds a zip archive by its end, regardless of the bytes before it. */
async function hasZipEnd(source: ByteSource): Promise<boolean> {
  const tail = await source.read(Math.max(0, source.size - longestZipEnd), longestZipEnd);
  return tail.includes(zipEnd);
}

async function scanZip(scan: Scan, source: ByteSource, place: Place): Promise<void> {
  const entries = await readZipEntries(source);
  refuseBomb(
    source.size,
    entries.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0),
  );
  for (const entry of entries) {
    refuseBomb(entry.packedBytes, entry.unpackedBytes);
    if (entry.unpackedBytes === 0 && entry.packedBytes === 0) continue;
    const inner = entry.method === 0 ? partOf(source, entry) : sourceOfBytes(await unpackEntry(source, entry));
    await scanSource(scan, inner, { name: entry.name, depth: place.depth + 1 });
  }
}

function partOf(source: ByteSource, { start, packedBytes }: { readonly start: number; readonly packedBytes: number }) {
  return {
    size: packedBytes,
    place: source.place === null ? null : { path: source.place.path, start: source.place.start + start },
    read: (at: number, length: number) => source.read(start + at, Math.max(0, Math.min(length, packedBytes - at))),
  };
}

async function scanTar(scan: Scan, source: ByteSource, place: Place): Promise<void> {
  for (const { name, bytes } of await readTar(source))
    if (bytes.length > 0) await scanSource(scan, sourceOfBytes(bytes), { name, depth: place.depth + 1 });
}

/**
 * True when the file was gzip or zlib. Numeric data may begin with the same bytes; then unpacking fails, and the bytes
 * are searched as they are.
 */
async function scanPacked(scan: Scan, source: ByteSource, head: Buffer, place: Place): Promise<boolean> {
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const isZlib = head.length > 1 && ((head[0] ?? 0) & 0x8f) === 8 && head.readUInt16BE(0) % 31 === 0;
  if (!isGzip && !isZlib) return false;
  let unpacked: Buffer;
  try {
    unpacked = await unpackStream(source, isGzip ? 'gzip' : 'zlib');
  } catch (error) {
    if (error instanceof Error && error.name === 'ArtenicError') throw error;
    if (isGzip && place.name === '') throw rejected('It is a gzip archive that is damaged.');
    return false;
  }
  if (unpacked.length > 0) await scanSource(scan, sourceOfBytes(unpacked), { ...place, depth: place.depth + 1 });
  return true;
}

/**
 * An array of objects is a pickle behind a header. The header is a Python literal, in which any letter may be escaped.
 */
async function scanNumpy(source: ByteSource): Promise<void> {
  const start = await source.read(0, 12);
  const isFirst = start[6] === 1;
  const length = isFirst ? start.readUInt16LE(8) : start.readUInt32LE(8);
  const header = (await source.read(isFirst ? 10 : 12, Math.min(length, 1_000_000))).toString('latin1');
  if (length > 1_000_000 || header.includes('\\') || /O\d*['"]/.test(header))
    throw rejected('It is a NumPy array of objects, which are pickled.');
}

/** HDF5 may begin behind a user block: 512 bytes, or 512 times a power of two. */
async function isHdf5(source: ByteSource): Promise<boolean> {
  for (let at = 0; at + hdf5.length <= source.size; at = at === 0 ? 512 : at * 2)
    if ((await source.read(at, hdf5.length)).equals(hdf5)) return true;
  return false;
}

async function scanPickle(scan: Scan, source: ByteSource, head: Buffer, place: Place): Promise<void> {
  const mayPickle = pickleFormats.has(scan.format);
  const isMarked = head[0] === 0x80 && (head[1] ?? 6) <= 5;
  const isNamed = pickleName.test(place.name);
  const isDeclared = isNamed || (place.name === '' && (scan.format === 'pickle' || isMarked));
  if (!isDeclared && !mayBePickle(head)) return;
  if (!mayPickle && isDeclared) throw lie(scan, place);
  let report: PickleReport;
  try {
    report = await scan.scanner.look(source);
  } catch (error) {
    // A format without pickles is not loaded by unpickling.
    if (scan.scanner.isMissing && !mayPickle && !isDeclared) return;
    throw error;
  }
  judgePickle(report, { isDeclared, isTorch: scan.format === 'pytorch', allowed: scan.allowedModules });
  if (!mayPickle && report.pickles > 0 && (isMarked || report.imports.length > 0)) throw lie(scan, place);
}

function lie({ format }: Scan, { name }: Place): Error {
  return rejected(
    name === ''
      ? `It is a Python pickle, not ${format}.`
      : `It holds a Python pickle (${name.slice(0, 200)}), which its format does not have.`,
  );
}
