import { rejected } from './rejected.ts';

export type ZipEntry = {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Where its bytes begin in the file. */
  readonly start: number;
};

const endSignature = 0x06054b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const maxEntries = 100_000;

const damaged = () => rejected('It is a zip archive that is damaged or of an unknown kind.');

function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - endBytes - 0xffff);
  for (let at = view.byteLength - endBytes; at >= first; at--) if (view.getUint32(at, true) === endSignature) return at;
  throw damaged();
}

function refuseEscape(name: string): void {
  if (name.startsWith('/') || name.includes('\\') || name.split('/').includes('..'))
    throw rejected(`Its entry ${JSON.stringify(name.slice(0, 200))} would be unpacked elsewhere.`);
}

/**
 * The entries that the central directory names (APPNOTE 4.3.12). Entries that lie over one another, which is how the
 * densest bombs are made, are refused. @throws ArtenicError `model-rejected`
 */
export function readZipEntries(file: Uint8Array): readonly ZipEntry[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const entries: ZipEntry[] = [];
  try {
    const end = findEnd(view);
    const count = view.getUint16(end + 10, true);
    let at = view.getUint32(end + 16, true);
    if (count > maxEntries) throw rejected(`It has ${count} entries.`);
    for (let index = 0; index < count; index++) {
      if (view.getUint32(at, true) !== centralSignature) throw damaged();
      const nameBytes = view.getUint16(at + 28, true);
      const local = view.getUint32(at + 42, true);
      if (view.getUint32(local, true) !== localSignature) throw damaged();
      const name = Buffer.from(file.subarray(at + 46, at + 46 + nameBytes)).toString('utf8');
      refuseEscape(name);
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const packedBytes = view.getUint32(at + 20, true);
      if (start + packedBytes > file.length) throw damaged();
      entries.push({
        name,
        method: view.getUint16(at + 10, true),
        packedBytes,
        unpackedBytes: view.getUint32(at + 24, true),
        start,
      });
      at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
  } catch (error) {
    if (error instanceof RangeError) throw damaged();
    throw error;
  }
  const inOrder = entries.toSorted((a, b) => a.start - b.start);
  for (const [index, entry] of inOrder.entries()) {
    const next = inOrder[index + 1];
    if (next !== undefined && entry.start + entry.packedBytes > next.start)
      throw rejected('It is a bomb: its entries lie over one another.');
  }
  return entries;
}
