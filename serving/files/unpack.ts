import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate, inflateRawSync } from 'node:zlib';
import { Parser } from 'tar';
import { maxHeldBytes, type ByteSource } from './byte-source.ts';
import { rejected } from './rejected.ts';
import type { ZipEntry } from './zip.ts';

const maxUnpackedBytes = 16 * 1024 ** 3;
const maxRatio = 200;
/** Small files may be dense: the ratio is meaningful only beyond this size. */
const ratioFromBytes = 16 * 1024 ** 2;
const pieceBytes = 1024 ** 2;

export function refuseBomb(packed: number, unpacked: number): void {
  if (unpacked > maxUnpackedBytes || (unpacked > ratioFromBytes && unpacked > packed * maxRatio))
    throw rejected(`It is a bomb: ${packed} bytes would unpack to ${unpacked}.`);
}

async function* piecesOf(source: ByteSource): AsyncGenerator<Buffer> {
  for (let at = 0; at < source.size; at += pieceBytes) yield await source.read(at, pieceBytes);
}

/** @throws ArtenicError `model-rejected` for a bomb and for data too large to hold; another error when it is damaged */
export async function unpackStream(source: ByteSource, kind: 'gzip' | 'zlib'): Promise<Buffer> {
  const unpacker = kind === 'gzip' ? createGunzip() : createInflate();
  const chunks: Buffer[] = [];
  let unpacked = 0;
  await pipeline(piecesOf(source), unpacker, async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) {
      unpacked += piece.length;
      refuseBomb(source.size, unpacked);
      if (unpacked > maxHeldBytes)
        throw rejected(`It unpacks to more than ${maxHeldBytes} bytes, which are not searched: register it unpacked.`);
      chunks.push(piece);
    }
  });
  return Buffer.concat(chunks);
}

export async function unpackEntry(source: ByteSource, entry: ZipEntry): Promise<Buffer> {
  const { name, start, packedBytes, method, unpackedBytes } = entry;
  if (method !== 8) throw rejected(`Its entry ${name} is packed in an unknown way.`);
  if (unpackedBytes > maxHeldBytes) throw rejected(`Its entry ${name} is packed and too large to be searched.`);
  try {
    return inflateRawSync(await source.read(start, packedBytes), { maxOutputLength: Math.max(1, unpackedBytes) });
  } catch {
    throw rejected(`Its entry ${name} cannot be unpacked, or is larger than it says.`);
  }
}

/** Files of a tar archive, all held in memory. */
export async function readTar(
  source: ByteSource,
): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]> {
  const entries: { readonly name: string; readonly chunks: Buffer[] }[] = [];
  let held = 0;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      entries.push({ name: entry.path, chunks });
      entry.on('data', (chunk: Buffer) => {
        held += chunk.length;
        if (held <= maxHeldBytes) chunks.push(chunk);
      });
    },
  });
  const finished = new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
  });
  try {
    for await (const piece of piecesOf(source)) parser.write(piece);
    parser.end();
    await finished;
  } catch {
    throw rejected('It is a tar archive that is damaged.');
  }
  if (held > maxHeldBytes)
    throw rejected(`It is a tar archive of more than ${maxHeldBytes} bytes, which are not searched.`);
  return entries.map(({ name, chunks }) => ({ name, bytes: Buffer.concat(chunks) }));
}
