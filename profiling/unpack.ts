import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { unreadable } from './failures.ts';
import type { TableSource } from './messages.ts';
import type { PlainSource } from './source.ts';

const mostUnpackedBytes = 4 * 1024 ** 3;

/**
 * Unpacks a packed file below the folder. DuckDB unpacks text by itself, but takes a file that ends too early for a whole
 * one.
 */
export async function unpacked({ path, format, isPacked }: TableSource, folder: string): Promise<PlainSource> {
  if (!isPacked) return { path, format };
  const target = join(folder, 'unpacked');
  let bytes = 0;
  await pipeline(
    createReadStream(path),
    createGunzip(),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > mostUnpackedBytes)
          throw unreadable(`The file unpacks to more than ${mostUnpackedBytes} bytes.`, { reason: 'too-large' });
        yield chunk;
      }
    },
    createWriteStream(target, { mode: 0o600 }),
  );
  return { path: target, format };
}
