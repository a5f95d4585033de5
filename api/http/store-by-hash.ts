import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isArtenicError } from '../../core/errors.ts';
import type { ApiDeps } from '../deps.ts';

/** Stores content under its hash, which is known when all of it has arrived: until then it is a temporary file. */
export function storeByHash(
  { storage, inTemporaryFolder }: Pick<ApiDeps, 'storage' | 'inTemporaryFolder'>,
  content: AsyncIterable<Uint8Array>,
  keyOf: (sha256: string) => string,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  return inTemporaryFolder(async (folder) => {
    const path = join(folder, 'content');
    const hash = createHash('sha256');
    let bytes = 0;
    await pipeline(
      content,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          yield chunk;
        }
      },
      createWriteStream(path, { mode: 0o600 }),
    );
    const sha256 = hash.digest('hex');
    const key = keyOf(sha256);
    if ((await storage.head(key)) !== null) return { sha256, bytes };
    try {
      await storage.put(key, createReadStream(path), { sha256, ifAbsent: true });
    } catch (error) {
      // A concurrent upload has stored the same content.
      if (!isArtenicError(error, 'conflict')) throw error;
    }
    return { sha256, bytes };
  });
}
