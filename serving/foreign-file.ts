import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, inflateRawSync } from 'node:zlib';
import { formatOf } from './model-file.ts';
import { rejected } from './rejected.ts';
import { refuseDangerousPickle } from './pickle.ts';
import { readZipEntries, type ZipEntry } from './zip.ts';

const maxUnpackedBytes = 16 * 1024 ** 3;
const maxPickleBytes = 512 * 1024 ** 2;
const maxRatio = 200;
/** Small files may be dense: a ratio says something only beyond this. */
const ratioFromBytes = 16 * 1024 ** 2;
/** A layer of Keras that holds Python code. */
const lambdaLayer = /"class_name":\s*"Lambda"/;

/** Declared formats that may hold pickles; in any other one a pickle is a lie. */
const pickleFormats = new Set(['pickle', 'pytorch', 'other']);

function refuseBomb(packed: number, unpacked: number): void {
  if (unpacked > maxUnpackedBytes || (unpacked > ratioFromBytes && unpacked > packed * maxRatio))
    throw rejected(`It is a bomb: ${packed} bytes would unpack to ${unpacked}.`);
}

function unpack(file: Uint8Array, { start, packedBytes, method, name }: ZipEntry, limit: number): Uint8Array {
  const packed = file.subarray(start, start + packedBytes);
  if (method === 0) return packed;
  if (method !== 8) throw rejected(`Its entry ${name} is packed in an unknown way.`);
  try {
    return inflateRawSync(packed, { maxOutputLength: limit });
  } catch {
    throw rejected(`Its entry ${name} cannot be unpacked, or is larger than it says.`);
  }
}

function scanZip(file: Uint8Array, mayPickle: boolean): void {
  const entries = readZipEntries(file);
  refuseBomb(
    file.length,
    entries.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0),
  );
  for (const entry of entries) {
    refuseBomb(entry.packedBytes, entry.unpackedBytes);
    if (entry.unpackedBytes > maxPickleBytes) continue;
    const isPickle = /\.(?:pkl|pickle|joblib)$/.test(entry.name);
    if (!isPickle && !/(?:^|\/)config\.json$/.test(entry.name)) continue;
    const bytes = unpack(file, entry, Math.max(1, entry.unpackedBytes));
    if (isPickle) {
      if (!mayPickle) throw rejected(`It holds a Python pickle (${entry.name}), which its format does not have.`);
      refuseDangerousPickle(bytes);
    } else if (lambdaLayer.test(Buffer.from(bytes).toString('latin1'))) {
      throw rejected('It holds a Lambda layer, which is Python code.');
    }
  }
}

async function scanGzip(filePath: string, packedBytes: number): Promise<void> {
  let unpacked = 0;
  try {
    await pipeline(createReadStream(filePath), createGunzip(), async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) {
        unpacked += chunk.length;
        refuseBomb(packedBytes, unpacked);
      }
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'ArtenicError') throw error;
    throw rejected('It is a gzip archive that is damaged.');
  }
}

/**
 * Looks through a file of a format that another server runs. It is never opened by the library it is for.
 * @throws ArtenicError `model-rejected` with what is unsafe in it
 */
export async function scanForeign(filePath: string, format: string): Promise<void> {
  const file = await readFile(filePath);
  if (file.length === 0) throw rejected('The file is empty.');
  const kind = formatOf(file.subarray(0, 16));
  const mayPickle = pickleFormats.has(format);
  if (kind === 'pickle' || (kind === null && format === 'pickle')) {
    if (!mayPickle) throw rejected(`It is a Python pickle, not ${format}.`);
    if (file.length > maxPickleBytes) throw rejected('It is a pickle of more than 512 MiB.');
    refuseDangerousPickle(file);
  } else if (kind === 'zip') {
    scanZip(file, mayPickle);
  } else if (kind === 'gzip') {
    await scanGzip(filePath, file.length);
  } else if (kind === 'hdf5' && lambdaLayer.test(file.toString('latin1', 0, Math.min(file.length, maxPickleBytes)))) {
    throw rejected('It holds a Lambda layer, which is Python code.');
  }
}
