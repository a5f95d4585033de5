import { Gzip } from 'fflate';
import { createTarPacker } from 'modern-tar';

/** Largest package, compressed. */
export const mostPackageBytes = 500_000_000;

/** A package cannot be made of these files. The message is for the user. */
export class PackError extends Error {
  override readonly name = 'PackError';
}

export type PackFile = {
  /** Below the package folder, with `/` between its parts. */
  readonly path: string;
  readonly bytes: number;
  readonly read: () => AsyncIterable<Uint8Array>;
};

/**
 * Browsers and Windows know no executable bit, so that all files have it. The time is the first day that ZIP archives
 * can hold in every time zone, because build tools put unpacked files into such archives.
 */
const sameForAll = { mode: 0o755, mtime: new Date(Date.UTC(1980, 0, 2)), uid: 0, gid: 0, uname: '', gname: '' };
/** Compressors cut where their input was cut, so that every package is cut alike. */
const pieceBytes = 65_536;

async function fill(
  controller: ReturnType<typeof createTarPacker>['controller'],
  files: readonly PackFile[],
): Promise<void> {
  try {
    for (const { path, bytes, read } of files) {
      const writer = controller.add({ name: path, size: bytes, ...sameForAll }).getWriter();
      let left = bytes;
      for await (const chunk of read()) {
        left -= chunk.byteLength;
        if (left < 0) break;
        await writer.write(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      }
      if (left !== 0) throw new PackError(`${path} changed while it was packed: try again`);
      await writer.close();
    }
    controller.finalize();
  } catch (error) {
    controller.error(error);
  }
}

/** The same bytes, in pieces of the same size; only the last may be shorter. */
async function* inPieces(source: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = source.getReader();
  let [piece, filled] = [new Uint8Array(pieceBytes), 0];
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      for (let at = 0; at < read.value.byteLength;) {
        const part = read.value.subarray(at, at + pieceBytes - filled);
        piece.set(part, filled);
        at += part.byteLength;
        filled += part.byteLength;
        if (filled < pieceBytes) continue;
        yield piece;
        [piece, filled] = [new Uint8Array(pieceBytes), 0];
      }
    }
    yield piece.subarray(0, filled);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/**
 * Files as tar.gz, in chunks. The same paths and contents give the same bytes in every program: nothing of the machine
 * is in them, and the compressor is the same code everywhere.
 * @throws PackError without files, and when the package is too large
 */
export async function* packArchive(files: readonly PackFile[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (files.length === 0) throw new PackError('the package folder has no file to pack');
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const made: Uint8Array<ArrayBuffer>[] = [];
  const gzip = new Gzip({ level: 6, mtime: 0 }, (chunk) => made.push(new Uint8Array(chunk)));
  const { readable, controller } = createTarPacker();
  void fill(controller, sorted);
  let bytes = 0;
  for await (const piece of inPieces(readable)) {
    gzip.push(piece, piece.byteLength < pieceBytes);
    for (const chunk of made.splice(0)) {
      bytes += chunk.byteLength;
      if (bytes > mostPackageBytes)
        throw new PackError(
          `the package is larger than ${mostPackageBytes / 1e6} MB: list large files under \`data\`, or leave them out by .artenicignore`,
        );
      yield chunk;
    }
  }
}
