import type { FileHandle } from 'node:fs/promises';
import { rejected } from './rejected.ts';

/** Bytes in a file or in memory. */
export type ByteSource = {
  readonly size: number;
  /** Returns fewer bytes at the end. */
  readonly read: (at: number, length: number) => Promise<Buffer>;
  /** Position of the bytes in a file; null when they are in memory. */
  readonly place: { readonly path: string; readonly start: number } | null;
};

/** Unpacked data is held in memory, so its size is limited. */
export const maxHeldBytes = 512 * 1024 ** 2;

export function sourceOfFile(file: FileHandle, path: string, start: number, size: number): ByteSource {
  return {
    size,
    place: { path, start },
    read: async (at, length) => {
      const wanted = Math.max(0, Math.min(length, size - at));
      const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, start + at);
      return buffer.subarray(0, bytesRead);
    },
  };
}

export function sourceOfBytes(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    place: null,
    read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)),
  };
}

export async function readWhole(source: ByteSource, what: string): Promise<Buffer> {
  if (source.size > maxHeldBytes)
    throw rejected(`${what} has more than ${maxHeldBytes} bytes, which are not searched.`);
  return source.read(0, source.size);
}
